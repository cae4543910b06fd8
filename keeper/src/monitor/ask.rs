//! What a view is asked for: which accounts, in which order, and which move of prices.

use crate::monitor::figures::name;
use counterweight_sdk::accounts::RiskTables;
use serde::Serialize;
use std::str::FromStr;

/// The furthest move of a price that is looked at: it all but vanishes, or is eleven times what it was.
const MOVES_BPS: core::ops::RangeInclusive<i32> = -9_999..=100_000;

/// What accounts are sorted by; the worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Equity / maintenance margin, the lowest first.
    #[default]
    Ratio,
    /// Equity, the lowest first.
    Equity,
    /// Maintenance margin, the highest first.
    Margin,
    /// Positions, the most first.
    Positions,
    /// In liquidation, the longest first.
    Liquidation,
    /// The address.
    Address,
}

impl Sort {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: [Self; 6] = [
        Self::Ratio,
        Self::Equity,
        Self::Margin,
        Self::Positions,
        Self::Liquidation,
        Self::Address,
    ];

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Equity => "equity",
            Self::Margin => "margin",
            Self::Positions => "positions",
            Self::Liquidation => "liquidation",
            Self::Address => "address",
        }
    }
}

impl FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|sort| sort.label() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::label).join(", ");
            format!("\"{text}\" is no order: write one of {names}")
        })
    }
}

/// Whose price moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every asset but the quote token.
    All,
    /// The asset of this name, whatever the case of its letters.
    Named(String),
    /// The asset of this index.
    Asset(u16),
}

/// A move of one price, or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Whose price.
    pub target: Target,
    /// By how much, in basis points of it.
    pub bps: i32,
}

impl FromStr for Move {
    type Err = String;

    /// Reads `SOL=-20` or `all=12.5`: per cent, with up to two digits behind the point.
    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || {
            format!("\"{text}\" is no move of a price: write it as SOL=-20 or all=-15, in per cent")
        };
        let (asset, move_) = text.split_once('=').ok_or_else(usage)?;
        let (asset, bps) = (asset.trim(), basis_points(move_.trim()).ok_or_else(usage)?);
        if asset.is_empty() {
            return Err(usage());
        }
        if !MOVES_BPS.contains(&bps) {
            return Err(format!(
                "\"{text}\" is out of range: a price moves by -99.99 to 1000 per cent"
            ));
        }
        let target = if asset.eq_ignore_ascii_case("all") {
            Target::All
        } else {
            Target::Named(asset.into())
        };
        Ok(Self { target, bps })
    }
}

/// Per cent as basis points: digits, and at most two behind the point.
fn basis_points(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > 2 {
        return None;
    }
    let part: i32 = format!("{part:0<2}").parse().ok()?;
    let bps = whole
        .parse::<i32>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part)?;
    Some(if negative { -bps } else { bps })
}

/// What the moves are for each asset of a book, ascending: a later one goes before an earlier one, and one that
/// names an asset before one of all.
///
/// # Errors
/// A sentence that names the assets there are.
pub fn resolve(moves: &[Move], tables: &RiskTables) -> Result<Vec<(u16, i32)>, String> {
    let named = |wanted: &str| {
        let same =
            |asset: &counterweight_risk::Asset| name(&asset.name).eq_ignore_ascii_case(wanted);
        let at = tables.assets.iter().position(same);
        at.and_then(|at| u16::try_from(at).ok()).ok_or_else(|| {
            let names: Vec<String> = tables
                .assets
                .iter()
                .map(|asset| name(&asset.name))
                .collect();
            format!(
                "there is no asset {wanted}: there are {} and all",
                names.join(", ")
            )
        })
    };
    let mut resolved = vec![None; tables.assets.len()];
    for all in moves.iter().filter(|m| m.target == Target::All) {
        resolved
            .iter_mut()
            .skip(1)
            .for_each(|bps| *bps = Some(all.bps));
    }
    for one in moves {
        let asset = match &one.target {
            Target::All => continue,
            Target::Named(wanted) => named(wanted)?,
            Target::Asset(asset) => *asset,
        };
        if let Some(bps) = resolved.get_mut(usize::from(asset)) {
            *bps = Some(one.bps);
        }
    }
    let moves = (0u16..).zip(resolved);
    Ok(moves
        .filter_map(|(asset, bps)| bps.map(|bps| (asset, bps)))
        .collect())
}

/// For whose moves curves are computed: each point of one judges every account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Curves {
    /// None.
    #[default]
    None,
    /// Of one.
    Of(Target),
    /// Of all together, and of each asset that anybody holds.
    Every,
}

/// What a view is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The order of accounts.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reverse: bool,
    /// Only accounts whose address, owner, state or markets contain this text.
    pub filter: String,
    /// Accounts before the first that is told in full.
    pub offset: usize,
    /// Accounts that are told in full.
    pub rows: usize,
    /// The move of prices that is looked at; none for no move.
    pub shock: Vec<Move>,
    /// The curves that are computed.
    pub curves: Curves,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            sort: Sort::default(),
            reverse: false,
            filter: String::new(),
            offset: 0,
            rows: 20,
            shock: Vec::new(),
            curves: Curves::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use counterweight_risk::Asset;
    use counterweight_sdk::program::state::RiskBook;

    fn tables() -> RiskTables {
        let named = |name: &str| {
            let mut asset = Asset::zeroed();
            asset.name[..name.len()].copy_from_slice(name.as_bytes());
            asset
        };
        RiskTables {
            header: RiskBook::zeroed(),
            assets: ["USDC", "SOL", "BTC"].map(named).into(),
            markets: Vec::new(),
        }
    }

    fn resolved(texts: &[&str]) -> Result<Vec<(u16, i32)>, String> {
        let moves: Result<Vec<Move>, String> = texts.iter().map(|text| text.parse()).collect();
        resolve(&moves?, &tables())
    }

    #[test]
    fn moves_are_read_in_per_cent() {
        assert_eq!(resolved(&["SOL=-20"]), Ok(vec![(1, -2_000)]));
        assert_eq!(resolved(&["sol=+12.5"]), Ok(vec![(1, 1_250)]));
        assert_eq!(
            resolved(&["BTC=0.05", "SOL=-0.5"]),
            Ok(vec![(1, -50), (2, 5)])
        );
        // The quote token is what everything is counted in: it moves only where it is named.
        assert_eq!(resolved(&["all=-15"]), Ok(vec![(1, -1_500), (2, -1_500)]));
        assert_eq!(resolved(&["USDC=-3"]), Ok(vec![(0, -300)]));
        assert_eq!(
            resolved(&["BTC=1", "all=-15"]),
            Ok(vec![(1, -1_500), (2, 100)])
        );
        assert_eq!(resolved(&["SOL=1", "SOL=2"]), Ok(vec![(1, 200)]));
    }

    #[test]
    fn what_is_no_move_is_refused_with_what_to_write() {
        for text in [
            "SOL",
            "SOL=",
            "=-5",
            "SOL=x",
            "SOL=1.234",
            "SOL=-",
            "SOL=.5",
            "SOL=--5",
            "SOL=1e3",
        ] {
            let error = resolved(&[text]).unwrap_err();
            assert!(error.contains("SOL=-20"), "{text}: {error}");
        }
        for text in ["SOL=-100", "SOL=1000.01", "SOL=99999999999"] {
            assert!(resolved(&[text]).is_err(), "{text}");
        }
        let error = resolved(&["ETH=-5"]).unwrap_err();
        assert!(error.contains("USDC, SOL, BTC and all"), "{error}");
    }

    #[test]
    fn every_order_is_found_by_its_name_and_the_key_goes_round() {
        let mut sort = Sort::default();
        for _ in Sort::ALL {
            assert_eq!(sort.label().parse(), Ok(sort));
            sort = sort.next();
        }
        assert_eq!(sort, Sort::default());
        assert!(
            "size"
                .parse::<Sort>()
                .unwrap_err()
                .contains("ratio, equity")
        );
    }
}
