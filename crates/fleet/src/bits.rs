//! A set of slots as one bit each: a union of sets is an OR of words, and no two threads that take different
//! words meet.

/// Slots in a word.
pub(crate) const WORD: usize = 64;

/// A set of slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Takes a slot in.
    pub(crate) fn set(&mut self, slot: usize) {
        let word = slot / WORD;
        if word >= self.words.len() {
            // Not by doubling, as a vector would: there is a set for each asset.
            self.words
                .reserve_exact((word + 1 - self.words.len()).max(self.words.len() / 8));
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (slot % WORD);
    }

    /// Leaves a slot out.
    pub(crate) fn clear(&mut self, slot: usize) {
        if let Some(word) = self.words.get_mut(slot / WORD) {
            *word &= !(1 << (slot % WORD));
        }
    }

    /// Takes a slot in, or leaves it out.
    pub(crate) fn assign(&mut self, slot: usize, member: bool) {
        if member {
            self.set(slot);
        } else {
            self.clear(slot);
        }
    }

    /// The words, as many as were needed so far.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Exactly so many words, to be written.
    pub(crate) fn words_mut(&mut self, length: usize) -> &mut [u64] {
        self.words.resize(length, 0);
        &mut self.words
    }

    /// Takes in what another has.
    pub(crate) fn join(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Leaves all out.
    pub(crate) fn empty(&mut self) {
        self.words.fill(0);
    }

    /// The slots, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        slots_in(&self.words)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

/// The slots of words that begin at slot 0, ascending.
#[inline]
pub(crate) fn slots_in(words: &[u64]) -> impl Iterator<Item = usize> {
    let words = words.iter().enumerate();
    words.flat_map(|(at, word)| slots_of(at, *word))
}

/// The slots of a word, ascending.
#[inline]
pub(crate) fn slots_of(at: usize, word: u64) -> impl Iterator<Item = usize> {
    let mut rest = word;
    core::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        // Below 64.
        let bit = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        Some(at * WORD + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_not_taken_out() {
        let mut bits = Bits::default();
        for slot in [0, 63, 64, 1_000] {
            bits.set(slot);
        }
        bits.clear(64);
        bits.clear(5_000);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 1_000]);
        let mut other = Bits::default();
        other.set(2_000);
        other.join(&bits);
        assert_eq!(other.iter().collect::<Vec<_>>(), [0, 63, 1_000, 2_000]);
        other.empty();
        assert_eq!((other.count(), bits.count()), (0, 3));
    }
}
