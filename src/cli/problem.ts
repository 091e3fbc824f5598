/** What a command tells people about what it was given, at the place where it stands. */

/** Known as far as the input could be read. */
export interface Place {
  /** As it was named on the command line, or as it is called in a folder; `-` is standard input. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** `Secret builds/dockerhub` */
  readonly object?: string;
  /** `spec.registries[0].host`, `data[.dockerconfigjson]` */
  readonly field?: string;
}

/** What is so at that place. Nothing of it is text of a value or of a parser, which would quote one. */
export interface Notice extends Place {
  /** A name that docs/reasons has a page of. */
  readonly reason?: string;
  /** What is wrong; what to write instead. */
  readonly message: string;
  /** The field that names the object at hand, which is fine but for that. */
  readonly wantedBy?: Place;
}
