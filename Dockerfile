# The program in one file on Node 24: no shell, no packages, not root.
#
# A tag says what an image is, a digest which one. To move on, take the digest of the index from
#   docker buildx imagetools inspect node:24-trixie-slim
#   docker buildx imagetools inspect gcr.io/distroless/nodejs24-debian13:nonroot

FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66 AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY rolldown.config.ts ./
COPY src src
RUN npm run bundle

FROM gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e
LABEL org.opencontainers.image.title="mirrorauth" \
      org.opencontainers.image.description="Gives BuildKit the registry mirror credentials and mirror configuration it needs" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/dist /app
COPY LICENSE /app/
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/mirrorauth.mjs"]
