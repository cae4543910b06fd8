/** The margin accounts of an owner. */
import { isAddress } from '@solana/kit';

/** Numbers that are looked for: an owner may have more, which the network window chooses. */
export const ACCOUNTS_LISTED = 8;

/** The lowest number that is free, of those that are looked for. */
export function nextNumber(taken: readonly number[]): number | undefined {
  return Array.from({ length: ACCOUNTS_LISTED }, (_, id) => id).find((id) => !taken.includes(id));
}

/** What is wrong with a delegate; nothing where the field is empty or right. */
export function delegateProblem(text: string, owner: string, present: string | undefined): string | undefined {
  const address = text.trim();
  if (address === '') return undefined;
  if (!isAddress(address)) return 'An address of 32 bytes in base58';
  if (address === owner) return 'The owner trades anyhow';
  if (address === present) return 'This is the delegate already';
  return undefined;
}
