//! Reading events from a transaction's log.

use anchor_lang::{AnchorDeserialize, Discriminator};
use base64::{Engine, prelude::BASE64_STANDARD};

/// What the runtime writes before the data of an event.
const PREFIX: &str = "Program data: ";

/// All events of one type in a log, in their order. What is not one of them is passed over, and so is
/// a line that the runtime has cut short.
pub fn of_type<T: AnchorDeserialize + Discriminator>(logs: &[String]) -> Vec<T> {
    logs.iter()
        .filter_map(|line| line.strip_prefix(PREFIX))
        .filter_map(|data| BASE64_STANDARD.decode(data).ok())
        .filter_map(|bytes| T::deserialize(&mut bytes.strip_prefix(T::DISCRIMINATOR)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Event;
    use counterweight::events::FeesCollected;

    #[test]
    fn an_event_is_read_back_and_other_lines_are_passed_over() {
        let event = FeesCollected {
            clearinghouse: crate::PROGRAM_ID,
            market: 3,
            fees: 5,
            insurance: -7,
            residue: 0,
        };
        let line = format!("{PREFIX}{}", BASE64_STANDARD.encode(event.data()));
        let logs = [
            "Program log: Instruction: CollectFees".to_owned(),
            format!("{PREFIX}AAAA"),
            line.clone(),
            line[..line.len() - 8].to_owned(),
        ];
        let found = of_type::<FeesCollected>(&logs);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].market, found[0].fees, found[0].insurance),
            (3, 5, -7)
        );
    }
}
