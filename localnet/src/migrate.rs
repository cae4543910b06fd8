//! From nothing to the clearinghouse that the deployment describes, as `counterweight-migrate` would bring a cluster to
//! it; and what the file leaves to a local network.

use crate::{Config, Error, keys};
use counterweight_deploy::{Addresses, Context, Deployment};
use counterweight_link::Link;
use counterweight_migrations::{Cluster, Progress, Who, apply, plan};
use solana_signer::Signer;

/// The file with what it leaves to a local network: mints, feeds, price accounts, a guardian. What it names stays; only
/// the creator is this network's authority, because nobody has another one's key.
pub(crate) fn completed(mut file: Deployment) -> Deployment {
    for (at, asset) in file.asset.iter_mut().enumerate() {
        if at == 0 || asset.is_collateral() {
            asset.mint.get_or_insert(keys::mint(&asset.name));
        }
        if asset.oracle != "none" {
            asset.feed.get_or_insert(keys::feed(&asset.name));
            let account = keys::price_account(&asset.name);
            asset.price_account.get_or_insert(account);
        }
    }
    file.guardian.get_or_insert(keys::guardian().pubkey());
    file.creator = None;
    file
}

/// The accounts of a completed file.
pub(crate) fn addresses(file: &Deployment) -> Addresses {
    Addresses::of(file, &Context::of(keys::authority().pubkey(), 0))
}

/// Creates the clearinghouse, its assets and its markets. Tells each step.
pub(crate) async fn create(link: &Link, file: &Deployment, config: &Config) -> Result<(), Error> {
    let failed = |error: counterweight_migrations::Error| Error::Migration(error.to_string());
    let mut line = Cluster::new(link.clone(), keys::authority());
    let who = Who::default();
    let agreed = plan(&mut line, file, &who).await.map_err(failed)?;
    let mut tell = |progress: Progress<'_>| {
        if progress.done {
            let Progress {
                number, of, step, ..
            } = progress;
            (config.progress)(&format!("  {number} of {of}: {step}"));
        }
    };
    let done = apply(&mut line, file, &who, &agreed, &mut tell).await;
    done.map_err(failed)
}
