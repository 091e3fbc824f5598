// Command credentials makes what Node's standard library cannot: X.509 certificates and bcrypt
// hashes. Each subcommand reads one JSON document on stdin and writes one on stdout.
//
//	authority    {"name"}                                    -> {"certificate", "key"}
//	certificate  {"authority": {"certificate", "key"},
//	              "hosts": [...], "ips": [...]}              -> {"certificate", "key"}
//	bcrypt       {"passwords": [...]}                        -> {"hashes": [...]}
//
// Certificates and keys are PEM. Only for tests: certificates live for ten years, and the bcrypt
// cost is the lowest one, because a registry computes the hash anew for every request.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/bcrypt"
)

type pair struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "credentials:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	subcommands := map[string]func(*json.Decoder) (any, error){
		"authority":   authority,
		"certificate": certificate,
		"bcrypt":      hashes,
	}
	if len(args) != 1 || subcommands[args[0]] == nil {
		return errors.New("usage: credentials authority|certificate|bcrypt < input.json")
	}
	output, err := subcommands[args[0]](json.NewDecoder(os.Stdin))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(output)
}

func authority(input *json.Decoder) (any, error) {
	var request struct{ Name string }
	if err := input.Decode(&request); err != nil {
		return nil, err
	}
	template := newTemplate(request.Name)
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return sign(template, nil)
}

func certificate(input *json.Decoder) (any, error) {
	var request struct {
		Authority  pair
		Hosts, Ips []string
	}
	if err := input.Decode(&request); err != nil {
		return nil, err
	}
	issuer, err := tls.X509KeyPair([]byte(request.Authority.Certificate), []byte(request.Authority.Key))
	if err != nil {
		return nil, err
	}
	template := newTemplate("server")
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.DNSNames = request.Hosts
	for _, text := range request.Ips {
		ip := net.ParseIP(text)
		if ip == nil {
			return nil, fmt.Errorf("%q is no IP address", text)
		}
		template.IPAddresses = append(template.IPAddresses, ip)
	}
	return sign(template, &issuer)
}

func newTemplate(commonName string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: commonName},
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.AddDate(10, 0, 0),
	}
}

// sign makes a key for the template and signs it; without an issuer it signs itself.
func sign(template *x509.Certificate, issuer *tls.Certificate) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	parent, signer := template, any(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &pair{Certificate: encode("CERTIFICATE", der), Key: encode("PRIVATE KEY", keyDER)}, nil
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func hashes(input *json.Decoder) (any, error) {
	var request struct{ Passwords []string }
	if err := input.Decode(&request); err != nil {
		return nil, err
	}
	output := struct {
		Hashes []string `json:"hashes"`
	}{}
	for _, password := range request.Passwords {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			return nil, err
		}
		output.Hashes = append(output.Hashes, string(hash))
	}
	return output, nil
}
