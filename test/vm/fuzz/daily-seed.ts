/** EXITRD_FUZZ_SEED, or the date as a number: 20261125. */
export function dailySeed(): number {
  const wish = process.env.EXITRD_FUZZ_SEED;
  if (wish === undefined) return Number(new Date().toISOString().slice(0, 10).replaceAll("-", ""));
  const seed = Number(wish);
  if (!Number.isInteger(seed)) throw new Error(`EXITRD_FUZZ_SEED is no whole number: '${wish}'`);
  return seed;
}
