//! The accounts with options.

use super::{
    accounts::{
        Contract::{self, Call, Perpetual, Put},
        Example,
        terms::SOL,
    },
    reckon,
};

type Positions = &'static [(usize, Contract, i64)];

/// A thousand SOL.
const LOTS: i64 = 100_000;

pub const BULL_SPREAD: Positions = &[(SOL, Call(150), LOTS), (SOL, Call(165), -LOTS)];
pub const CONDOR: Positions = &[
    (SOL, Put(120), LOTS),
    (SOL, Put(135), -LOTS),
    (SOL, Call(165), -LOTS),
    (SOL, Call(180), LOTS),
];
pub const STRADDLE: Positions = &[(SOL, Call(150), -LOTS), (SOL, Put(150), -LOTS)];
pub const BUTTERFLY: Positions = &[
    (SOL, Call(135), LOTS),
    (SOL, Call(150), -2 * LOTS),
    (SOL, Call(165), LOTS),
];
const COVERED: Positions = &[(SOL, Perpetual, LOTS), (SOL, Call(165), -LOTS)];
const PROTECTED: Positions = &[(SOL, Perpetual, LOTS), (SOL, Put(140), LOTS)];
const BOUGHT: Positions = &[(SOL, Call(150), LOTS)];

fn example(
    title: &'static str,
    account: &'static str,
    positions: Positions,
    remark: &'static str,
) -> Example {
    Example {
        title,
        account,
        positions,
        collateral: &[],
        multiplier: 1,
        remark,
        by_hand: reckon::both(positions),
    }
}

/// All of them, in their order.
pub fn all() -> Vec<Example> {
    vec![
        example(
            "7. Bull call spread",
            "A call bought, and one further up sold: a bet on a rise that ends at 165.",
            BULL_SPREAD,
            "At the end the spread is worth between nothing and 15,000, so that 5,598 is all it can lose. In an hour's move the sold call takes back most of what the bought one loses: Standard charges both \
             legs, Portfolio what they lose together, which is less than the floor. Equity counts what the spread is worth: who buys it needs 2,250 of his own, and may owe the rest of the premium.",
        ),
        example(
            "8. Iron condor",
            "A put and a call sold away from the index, and one of each bought further away: a bet that SOL stays where it is.",
            CONDOR,
            "SOL can not end below 135 and above 165 at the same time: at most one wing of 15,000 is lost, 7,292 after the premium. Standard charges every leg and asks for more than twice as much as that; Portfolio asks for what the \
             wings lose in an hour's move, and the floor is higher still. Near the end, at a sold strike, the scenarios grow and bind.",
        ),
        example(
            "9. Short straddle",
            "A call and a put sold at the index: a bet that SOL moves less than is paid for.",
            STRADDLE,
            "Any large move loses, and so does a rise of volatility: of the 7,501 some 6,800 are volatility's alone. The legs do hedge each other's direction, but not what the account is short of, and so Portfolio saves \
             little. With volatility moved by 40 % instead of 25 % it would ask for more than Standard does.",
        ),
        example(
            "10. Long butterfly",
            "Two calls sold at the index, and one bought on each side: a bet on where SOL ends.",
            BUTTERFLY,
            "All that can be lost is the premium of 2,559, and in an hour's move no more than 548 of it. Standard asks for seven times the premium, because it charges the three strikes as if nothing hedged them; and Portfolio's \
             floor, a share of that, is above the premium too. Who holds only this pays for the floor, not for risk: a cheaper account would need a lower floor.",
        ),
        example(
            "11. Covered call",
            "A call sold against a perpetual.",
            COVERED,
            "Standard charges the call as if it were naked. Portfolio sees that it falls with SOL, but lets volatility rise at the same time, by a quarter, which in a range of 3 % is the larger part: the account needs more than \
             the perpetual alone, 4,500, and not less. The spread is charged on what the call hedges by its delta.",
        ),
        example(
            "12. Perpetual with a put",
            "A put bought against the fall of a perpetual.",
            PROTECTED,
            "The put ends the loss below 140, and still raises what Portfolio asks from 4,500 to 6,560: it may lose a quarter of its volatility in the same hour, and has its spread to the perpetual. Its worth, 8,830, is in equity, and in a \
             fall beyond the range it is what keeps the account; the requirement looks at an hour only.",
        ),
        example(
            "13. One bought call",
            "Nothing hedges it.",
            BOUGHT,
            "Here Portfolio is the dearer one. Standard asks for a bought option what it asks for a perpetual, and never more than its worth. Portfolio lets SOL fall and volatility with it, which loses 41 % of the premium; it can \
             not lose more than all of it.",
        ),
    ]
}
