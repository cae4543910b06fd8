//! Liquidation of collateral: every step raises equity or leaves it, small steps cost the account nothing
//! against a large one, and nobody gains more than the discount by them.

mod common;

use common::{NOW, PAR, World, asset_terms, reading};
use counterweight_risk::{
    AccountCore, AccountView, Asset, Balance, Health, QuoteAtoms,
    collateral::{Offer, Taking, discount},
    standard::maintenance,
};
use proptest::prelude::*;

/// One collateral, and an account that holds it against a debt.
#[derive(Clone, Debug)]
struct Case {
    world: World,
    core: AccountCore,
    elapsed: i64,
}

impl Case {
    fn asset(&self) -> &Asset {
        &self.world.assets[1]
    }

    fn offer(&self) -> Offer<'_> {
        Offer {
            asset: self.asset(),
            held: self.core.balance(1),
            debt: self.core.cash.0.min(0).unsigned_abs(),
            discount: discount(self.asset(), &self.world.params, self.elapsed),
        }
    }

    fn health(&self) -> Health {
        let account = AccountView {
            cash: self.core.cash,
            interest: 0,
            balances: &self.core.balances,
            positions: &[],
            model: self.core.model,
        };
        maintenance(&self.world.book(), &account, NOW).unwrap()
    }

    fn take(&mut self, most: u64) -> Option<Taking> {
        let taking = self.offer().take(most).ok()?;
        self.core.debit(1, taking.atoms).unwrap();
        self.core.cash = self.core.cash.plus(taking.cost).unwrap();
        Some(taking)
    }

    /// What so many atoms are worth at the full price, in 2^-16 atoms of quote times atoms a lot.
    fn worth(&self, atoms: u64) -> u128 {
        u128::from(atoms) * u128::from(self.asset().maintenance_high.0)
    }

    fn unit(&self) -> u128 {
        u128::from(self.asset().atoms_per_lot) << 16
    }
}

prop_compose! {
    /// Prices from a thousandth of an atom of quote for an atom of the token to many of them.
    fn cases()(
        digits in 6u32..13, lead in 1_000i64..10_000, lot_exponent in -4i8..=0, decimals in 4u8..=9,
        weight in prop_oneof![Just(9_900u32), Just(1), 1u32..=9_900],
        held in prop_oneof![1u64..100, 1u64..1 << 36], elapsed in -5i64..80,
        debt_share in 1u64..2_000, tiny_debt in prop::option::of(1i64..100),
    ) -> Case {
        let price = 10i64.pow(digits) / 1_000 * lead;
        let mut case = case(price, (lot_exponent, decimals), weight, held, elapsed);
        let full = case.asset().maintenance_high;
        let value = case.asset().collateral_value(held, full, counterweight_risk::Ratio::ONE).unwrap();
        let debt = i128::from(value.0) * i128::from(debt_share) / 1_000 + 1;
        case.core.cash = QuoteAtoms(-tiny_debt.unwrap_or(i64::try_from(debt.min(1 << 60)).unwrap()));
        case
    }
}

/// An account without debt that holds a collateral.
fn case(price: i64, units: (i8, u8), weight: u32, held: u64, elapsed: i64) -> Case {
    let mut terms = asset_terms();
    (terms.weight_initial_bps, terms.weight_maintenance_bps) = (weight / 2 + 1, weight.max(2));
    let mut world = World::new(PAR);
    let asset = world.add_asset(&terms, units, &[reading(price, NOW)]);
    let mut core = AccountCore::default();
    core.credit(asset, held).unwrap();
    Case {
        world,
        core,
        elapsed,
    }
}

/// What maintenance loses is rounded twice, and the taker pays it: cash can end an atom above what the last
/// atom of the token brings.
#[test]
fn what_is_lost_by_rounding_is_paid_by_the_taker() {
    let mut case = case(192_900_000_000, (-1, 9), 9_900, 6_353_869_014, 20);
    case.core.cash = QuoteAtoms(-52);
    let before = case.health().equity;
    let taking = case.take(u64::MAX).unwrap();
    assert_eq!((taking.atoms, taking.cost.0, case.core.cash.0), (28, 55, 3));
    assert_eq!(case.worth(1).div_ceil(case.unit()), 2);
    assert!(case.health().equity >= before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn a_take_never_lowers_equity_and_never_takes_more_than_the_debt(case in cases(), most in prop_oneof![Just(u64::MAX), 1u64..1 << 41]) {
        let mut after = case.clone();
        let offer = case.offer();
        let taking = after.take(most).unwrap();
        prop_assert!(taking.atoms >= 1 && taking.atoms <= most.min(offer.held));
        prop_assert!(after.health().equity >= case.health().equity);
        // The discount is at most half of what the weight leaves out, and the price is never nothing.
        let left_out = (1 << 20) - case.asset().weight_maintenance.0;
        prop_assert!(offer.discount.0 * 2 <= left_out);
        // Strictly more, from what the roundings move on: y·(1 − d) is paid, y·w is lost.
        let gained = i128::from(after.health().equity.0) - i128::from(case.health().equity.0);
        let worth = i128::try_from(case.worth(taking.atoms) / case.unit()).unwrap();
        let margin = (worth * i128::from(left_out - offer.discount.0)) >> 20;
        prop_assert!(gained >= margin - 3, "{} {}", gained, margin);
        // Cash ends no higher than what the last atom brings, and an atom of rounding.
        let atom = i128::try_from(case.worth(1).div_ceil(case.unit())).unwrap();
        prop_assert!(i128::from(after.core.cash.0) <= atom + 1);
        // All of it can be taken where it does not cover the debt, and else all of the debt is paid.
        if most == u64::MAX {
            prop_assert!(after.core.balance(1) == 0 || after.core.cash.0 >= 0);
        }
        // The taker pays at least the price less the discount, and no more than an atom above the full one.
        let cost = u128::from(taking.cost.0.unsigned_abs()) * case.unit();
        let (full, rate) = (case.worth(taking.atoms), u128::from((1 << 20) - offer.discount.0));
        prop_assert!(cost << 20 >= full * rate);
        prop_assert!(cost < full + 2 * case.unit());
    }

    /// The same collateral in one take, and in up to ten thousand tiny ones.
    #[test]
    fn ten_thousand_tiny_takes_gain_nobody_anything(mut case in cases(), size in 1u64..4) {
        let before = case.health();
        let mut large = case.clone();
        let (mut atoms, mut cost) = (0, 0i64);
        for _ in 0..10_000 {
            let Some(taking) = case.take(size) else { break };
            (atoms, cost) = (atoms + taking.atoms, cost + taking.cost.0);
        }
        let whole = large.take(atoms).unwrap();
        // The tiny ones pay at least what the large one pays, so that cash may be at zero before.
        prop_assert!(whole.atoms <= atoms || large.core.cash.0 >= 0);
        if whole.atoms == atoms {
            prop_assert!(cost >= whole.cost.0, "{} in tiny ones, {} in one", cost, whole.cost.0);
            prop_assert!(case.health().equity >= large.health().equity);
        }
        prop_assert!(case.health().equity >= before.equity);
        // Never beyond the discount.
        let rate = u128::from((1 << 20) - case.offer().discount.0);
        prop_assert!((u128::from(cost.unsigned_abs()) * case.unit()) << 20 >= case.worth(atoms) * rate);
    }
}

#[test]
fn an_account_with_several_collaterals_pays_with_each() {
    let mut world = World::new(PAR);
    let prices = [reading(2_000_000_000, NOW), reading(500_000_000, NOW)];
    for price in prices {
        let _ = world.add_asset(&asset_terms(), (0, 6), &[price]);
    }
    let balances = [1, 2].map(|asset| Balance {
        atoms: 10_000_000,
        asset,
        ..Balance::default()
    });
    let mut core = AccountCore {
        cash: QuoteAtoms(-240_000_000), // 240 dollars against 200 and 50
        ..AccountCore::default()
    };
    core.balances[..2].copy_from_slice(&balances);
    for (asset, paid) in [(1u16, 200_000_000), (2, 40_000_000)] {
        let offer = Offer {
            asset: &world.assets[usize::from(asset)],
            held: core.balance(asset),
            debt: core.cash.0.unsigned_abs(),
            discount: counterweight_risk::Ratio::ZERO,
        };
        let taking = offer.take(u64::MAX).unwrap();
        assert_eq!(taking.cost.0, paid);
        core.debit(asset, taking.atoms).unwrap();
        core.cash = core.cash.plus(taking.cost).unwrap();
    }
    assert_eq!(
        (core.cash.0, core.balance(1), core.balance(2)),
        (0, 0, 2_000_000)
    );
}
