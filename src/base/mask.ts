import { findingsIn, masked, type Needle } from "./mask_finding.ts";
import { MaskingStream } from "./masking_stream.ts";
import { binaryOf, formsOf } from "./secret_forms.ts";

export type { MaskingStream };

/** A secret whose value must not be seen. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** Takes secrets out of texts. */
export interface Masker {
  /** The text with each secret replaced by its name, as in `[secret API_KEY]`. */
  mask(text: string): string;
  /** Does the same to bytes that come in pieces, wherever they are divided. */
  stream(): MaskingStream;
}

/** Makes what masks these secrets, and all that looks like a token. */
export function maskerOf(secrets: readonly KnownSecret[]): Masker {
  const needles = needlesOf(secrets);
  return {
    mask: (text) => masked(text, findingsIn(text, needles)),
    stream: () => new MaskingStream(needles.map(inBytes)),
  };
}

function needlesOf(secrets: readonly KnownSecret[]): readonly Needle[] {
  return secrets.flatMap(({ name, value }) =>
    formsOf(value).map((text) => ({ text, label: `[secret ${name}]` }))
  );
}

function inBytes({ text, label }: Needle): Needle {
  return { text: binaryOf(text), label };
}
