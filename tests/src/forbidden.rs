//! What the types of the ledger forbid: each example that must not compile stands behind one that does, and
//! differs from it in one line. The number is the compiler's error; only a nightly compiler compares it.

/// What one line is charged another is credited, once.
///
/// ```
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, error::Result};
///
/// fn pay(from: &mut AccountCore, to: &mut AccountCore) -> Result<()> {
///     let charge = from.charge(QuoteAtoms(5), &Moment::OFF)?;
///     to.earn(charge, &Moment::OFF)
/// }
/// ```
///
/// Not twice:
///
/// ```compile_fail,E0382
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, error::Result};
///
/// fn pay(from: &mut AccountCore, to: &mut AccountCore) -> Result<()> {
///     let charge = from.charge(QuoteAtoms(5), &Moment::OFF)?;
///     to.earn(charge, &Moment::OFF)?;
///     to.earn(charge, &Moment::OFF)
/// }
/// ```
///
/// Nor by a copy of it:
///
/// ```compile_fail,E0599
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, error::Result};
///
/// fn pay(from: &mut AccountCore, to: &mut AccountCore) -> Result<()> {
///     let charge = from.charge(QuoteAtoms(5), &Moment::OFF)?;
///     to.earn(charge.clone(), &Moment::OFF)?;
///     to.earn(charge, &Moment::OFF)
/// }
/// ```
///
/// Nor what was only asked for:
///
/// ```compile_fail,E0423
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, account::Charge, error::Result};
///
/// fn pay(to: &mut AccountCore) -> Result<()> {
///     let charge = Charge(QuoteAtoms(5));
///     to.earn(charge, &Moment::OFF)
/// }
/// ```
///
/// ```compile_fail,E0308
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, error::Result};
///
/// fn pay(to: &mut AccountCore) -> Result<()> {
///     to.earn(QuoteAtoms(5), &Moment::OFF)
/// }
/// ```
///
/// ```compile_fail,E0599
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, account::Charge, error::Result};
///
/// fn pay(to: &mut AccountCore) -> Result<()> {
///     to.earn(Charge::default(), &Moment::OFF)
/// }
/// ```
///
/// And what was taken is given to somebody:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, error::Result};
///
/// fn pay(from: &mut AccountCore) -> Result<()> {
///     from.charge(QuoteAtoms(5), &Moment::OFF)?;
///     Ok(())
/// }
/// ```
///
/// ```
/// #![deny(unused_must_use)]
/// use counterweight_risk::{AccountCore, Moment, QuoteAtoms, error::Result};
///
/// fn pay(from: &mut AccountCore) -> Result<()> {
///     let _charge = from.charge(QuoteAtoms(5), &Moment::OFF)?;
///     Ok(())
/// }
/// ```
struct Charges;
