//! How much may be taken over: the largest size with which the keeper's own account stays within its bounds.

use super::{
    exposure,
    job::Reserve,
    rehearsal::{Rehearsal, Take},
    scene::Scene,
};
use counterweight_sdk::{
    accounts::Margin,
    risk::{
        Result, RiskError,
        standard::{Health, initial_for_takeover, maintenance},
    },
};

/// All of every position, as the program counts fractions.
const WHOLE: u64 = 1 << 20;

/// The keeper's own account before anything of a job is done, and what of it is spoken for.
pub struct Purse<'a> {
    scene: &'a Scene<'a>,
    reserve: &'a Reserve,
    /// Equity and initial margin, as a takeover is judged.
    before: Health,
    net: exposure::Exposure,
    gross: i64,
}

impl<'a> Purse<'a> {
    /// Looks at the account.
    ///
    /// # Errors
    /// The engine's: where a price of its own positions is too old, it can take nothing over.
    pub fn new(scene: &'a Scene, own: &Margin, reserve: &'a Reserve) -> Result<Self> {
        Ok(Self {
            scene,
            reserve,
            before: takeover_health(scene, own)?,
            net: exposure::net(scene.tables, own),
            gross: exposure::gross(scene.tables, own),
        })
    }

    /// Whether the account may become this.
    ///
    /// What brings it nearer to flat may not be refused for a bound that it exceeds already.
    ///
    /// # Errors
    /// The engine's.
    pub fn allows(&self, own: &Margin) -> Result<bool> {
        let after = takeover_health(self.scene, own)?;
        Ok(self.keeps_free(&after)? && self.keeps_positions(own) && self.keeps_leverage(own)?)
    }

    fn keeps_free(&self, after: &Health) -> Result<bool> {
        let free = after.free()?.0;
        let bps = i128::from(self.scene.config.account.keep_free_bps);
        let kept = i128::from(after.requirement.0.max(0)) * bps / 10_000;
        let spoken = i128::from(self.reserve.margin);
        let better = free >= 0 && after.free()? >= self.before.free()?;
        Ok(better || i128::from(free) >= kept + spoken)
    }

    fn keeps_positions(&self, own: &Margin) -> bool {
        let account = &self.scene.config.account;
        exposure::net(self.scene.tables, own)
            .iter()
            .all(|(asset, atoms)| {
                let before = self.net.get(asset).copied().unwrap_or(0);
                let limit = limit_of(self.scene, *asset).unwrap_or(account.max_position_atoms);
                let after = atoms.saturating_add(self.reserve.of(*asset));
                limit == 0 || after.unsigned_abs() <= limit || atoms.abs() <= before.abs()
            })
    }

    fn keeps_leverage(&self, own: &Margin) -> Result<bool> {
        let scene = self.scene;
        let gross = exposure::gross(scene.tables, own);
        let equity = maintenance(&scene.tables.book(), &own.view(), scene.now)?
            .equity
            .0;
        let all = i128::from(gross) + i128::from(self.reserve.gross());
        let most = i128::from(equity.max(0)) * i128::from(scene.config.account.max_leverage_bps);
        Ok(all * 10_000 <= most || gross <= self.gross)
    }

    /// What a job that leaves the account like this needs of it.
    ///
    /// # Errors
    /// The engine's.
    pub fn needs(&self, own: &Margin) -> Result<Reserve> {
        let after = takeover_health(self.scene, own)?;
        let margin = self.before.free()?.minus(after.free()?)?.0;
        let net = exposure::net(self.scene.tables, own);
        Ok(Reserve {
            margin: margin.max(0),
            notional: exposure::change(&self.net, &net),
        })
    }

    /// What getting rid of what came in is reckoned to cost: of each asset, the part by which the account is further
    /// from flat; and of collateral, all of it.
    pub fn hedge(&self, own: &Margin, tokens: &exposure::Exposure) -> i64 {
        let costs = &self.scene.config.costs;
        let bps = |asset: u16| {
            let name = name(self.scene, asset);
            let bps = costs.hedge.get(&name).copied();
            i128::from(bps.unwrap_or(costs.hedge_bps))
        };
        let further = exposure::net(self.scene.tables, own)
            .into_iter()
            .map(|(asset, atoms)| {
                let before = self.net.get(&asset).copied().unwrap_or(0);
                (
                    asset,
                    atoms
                        .saturating_abs()
                        .saturating_sub(before.saturating_abs())
                        .max(0),
                )
            });
        let all = further.chain(tokens.iter().map(|(asset, atoms)| (*asset, *atoms)));
        let sum: i128 = all
            .map(|(asset, atoms)| (i128::from(atoms) * bps(asset)).max(0))
            .sum();
        i64::try_from((sum + 9_999) / 10_000).unwrap_or(i64::MAX)
    }
}

fn takeover_health(scene: &Scene, own: &Margin) -> Result<Health> {
    initial_for_takeover(&scene.tables.book(), &own.view(), scene.now, u32::MAX)
}

fn name(scene: &Scene, asset: u16) -> String {
    let row = scene.tables.assets.get(usize::from(asset));
    row.map_or_else(String::new, |row| crate::state::prices::name_of(&row.name))
}

fn limit_of(scene: &Scene, asset: u16) -> Option<u64> {
    let positions = &scene.config.account.positions;
    // Names are looked up only where there are limits.
    let any = !positions.is_empty();
    any.then(|| positions.get(&name(scene, asset)).copied())
        .flatten()
}

/// The largest takeover of `1..=most` that the purse allows; none where not even the smallest is.
///
/// Free margin is concave in what is taken, and net positions move one way: what is allowed is an interval that
/// begins at nothing, so halving finds its end.
///
/// # Errors
/// The engine's, of the whole.
fn largest(
    purse: &Purse,
    most: u64,
    mut take: impl FnMut(u64) -> Result<Take>,
) -> Result<Option<Take>> {
    let whole = take(most)?;
    if purse.allows(&whole.own)? {
        return Ok(Some(whole));
    }
    let (mut fits, mut best, mut exceeds) = (0, None, most);
    while exceeds - fits > 1 {
        let middle = fits + (exceeds - fits) / 2;
        match take(middle) {
            Ok(taken) if purse.allows(&taken.own)? => (fits, best) = (middle, Some(taken)),
            // A fraction of nothing is too small a one, and so are lots that lower no requirement: what is larger may be
            // allowed.
            Err(RiskError::ZeroQuantity | RiskError::LegIsHedge { .. }) => fits = middle,
            Ok(_) => exceeds = middle,
            Err(error) => return Err(error),
        }
    }
    Ok(best)
}

/// The most lots of a market that may be taken.
///
/// # Errors
/// The engine's.
pub fn lots(rehearsal: &mut Rehearsal, purse: &Purse, market: u16) -> Result<Option<Take>> {
    let whole = rehearsal.lots(market, u64::MAX)?;
    if purse.allows(&whole.own)? {
        return Ok(Some(whole));
    }
    let super::rehearsal::Taken::Lots { lots, .. } = whole.taken else {
        return Ok(None);
    };
    largest(purse, lots, |most| rehearsal.lots(market, most))
}

/// The largest slice that may be taken.
///
/// # Errors
/// The engine's.
pub fn slice(rehearsal: &Rehearsal, purse: &Purse) -> Result<Option<Take>> {
    largest(purse, WHOLE, |most| {
        rehearsal.slice(u32::try_from(most).unwrap_or(u32::MAX))
    })
}

/// The most of a collateral that may be taken.
///
/// # Errors
/// The engine's.
pub fn tokens(rehearsal: &Rehearsal, purse: &Purse, asset: u16) -> Result<Option<Take>> {
    let super::rehearsal::Taken::Tokens { atoms, .. } = rehearsal.tokens(asset, u64::MAX)?.taken
    else {
        return Ok(None);
    };
    largest(purse, atoms, |most| rehearsal.tokens(asset, most))
}
