/** One word of the kernel command line: `quiet`, or `root=/dev/sda1`. */
export interface KernelParameter {
  readonly key: string;
  /** Absent if there is no "=". */
  readonly value?: string;
}

/**
 * Splits /proc/cmdline as the kernel does (lib/cmdline.c, next_arg): quotes
 * may enclose a whole word or its value, and protect blanks.
 */
export function parseKernelCommandLine(text: string): readonly KernelParameter[] {
  return splitWords(text).map(parseWord);
}

function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let start = -1;
  let inQuotes = false;
  for (let i = 0; i <= text.length; i++) {
    const char = text.charAt(i);
    const ends = char === "" || (!inQuotes && isBlank(char));
    if (ends && start >= 0) words.push(text.slice(start, i));
    if (ends) start = -1;
    else if (start < 0) start = i;
    if (char === '"') inQuotes = !inQuotes;
  }
  return words;
}

function parseWord(word: string): KernelParameter {
  const bare = word.startsWith('"') ? stripQuotes(word) : word;
  const equals = bare.indexOf("=");
  // A word that begins with "=" has no key: the kernel uses all of it as the key.
  if (equals <= 0) return { key: bare };
  return { key: bare.slice(0, equals), value: stripQuotes(bare.slice(equals + 1)) };
}

function stripQuotes(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
}

function isBlank(char: string): boolean {
  return char === " " || (char >= "\t" && char <= "\r") || char === "\u00a0";
}
