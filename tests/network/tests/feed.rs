//! The feed against a node whose connections break: nothing is missed, and what is gone is told.

use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight::state::MarginAccount;
use counterweight_link::{Draft, Endpoint, Feed, Link, Update, watch};
use counterweight_localnet::{Config, Localnet, token_account};
use counterweight_network_tests::{
    Cable,
    crowd::{Member, join, key, margins},
};
use counterweight_sdk::accounts;
use solana_signer::Signer;
use std::{collections::HashMap, time::Duration};
use tokio::{sync::mpsc::Receiver, time::timeout};

/// What a reader of the feed knows, kept as simply as can be.
struct Reader {
    updates: Receiver<Update>,
    known: HashMap<Pubkey, Vec<u8>>,
    snapshots: usize,
    mended: usize,
    lost: usize,
}

impl Reader {
    /// Reads until something holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let read = async {
            while !holds(self) {
                let update = self.updates.recv().await.expect("the feed goes on");
                match update {
                    Update::Snapshot(all) => {
                        self.known = all.into_iter().collect();
                        self.snapshots += 1;
                    }
                    Update::Account(key, data) => {
                        self.known.insert(key, data);
                    }
                    Update::Gone(key) => {
                        self.known.remove(&key);
                    }
                    Update::Mended(changes) => self.mended += changes,
                    Update::Lost(_) => self.lost += 1,
                    Update::Moment(_) => {}
                }
            }
        };
        assert!(
            timeout(Duration::from_secs(40), read).await.is_ok(),
            "never: {what}"
        );
    }

    fn margins(&self) -> HashMap<Pubkey, Vec<u8>> {
        let is_margin = |data: &Vec<u8>| data.starts_with(MarginAccount::DISCRIMINATOR);
        let known = self.known.iter().filter(|(_, data)| is_margin(data));
        known.map(|(key, data)| (*key, data.clone())).collect()
    }
}

fn cash(data: &[u8]) -> i64 {
    accounts::margin(data)
        .expect("a margin account")
        .header
        .core
        .cash
        .0
}

async fn deposit(net: &Localnet, member: &Member, atoms: u64) {
    let asset = &net.addresses().assets[0].name;
    let owner = member.key.pubkey();
    net.faucet()
        .give(&owner, asset, atoms)
        .await
        .expect("tokens");
    let source = token_account(&owner, asset);
    let deposit = net
        .venue()
        .deposit(owner, member.margin, &net.collaterals()[0], source, atoms);
    net.link()
        .send(&Draft::new(&member.key, vec![deposit], 0))
        .await
        .expect("a deposit");
}

async fn close(net: &Localnet, member: &Member) {
    let asset = &net.addresses().assets[0].name;
    let (owner, quote) = (member.key.pubkey(), &net.collaterals()[0]);
    let found = net
        .link()
        .account(&member.margin)
        .await
        .expect("an answer")
        .expect("an account");
    let all = u64::try_from(cash(&found.data)).expect("cash");
    let guards = counterweight::Guards::default();
    let venue = net.venue();
    let steps = vec![
        venue.withdraw(
            owner,
            member.margin,
            quote,
            token_account(&owner, asset),
            all,
            guards,
        ),
        counterweight_sdk::instructions::close_margin_account(owner, member.margin),
    ];
    net.link()
        .send(&Draft::new(&member.key, steps, 0))
        .await
        .expect("closed");
}

async fn start() -> (Localnet, [Cable; 2], Reader) {
    let net = Localnet::start(Config::quiet())
        .await
        .expect("a local network");
    let port = |address: &str| {
        address
            .rsplit_once('/')
            .expect("an address")
            .1
            .parse()
            .expect("a port")
    };
    let cables = [
        Cable::to(port(&net.addresses().rpc)).await,
        Cable::to(port(&net.addresses().ws)).await,
    ];
    let endpoint = Endpoint {
        http: format!("http://{}", cables[0].address()),
        ws: format!("ws://{}", cables[1].address()),
    };
    let link = Link::new(endpoint, Duration::from_secs(3));
    let feed = Feed {
        quiet: Duration::from_secs(2),
        verify_every: Duration::from_secs(2),
        ..Feed::new(net.venue().clearinghouse)
    };
    let reader = Reader {
        updates: watch(link, feed),
        known: HashMap::new(),
        snapshots: 0,
        mended: 0,
        lost: 0,
    };
    (net, cables, reader)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_the_line_the_reader_ends_with_what_the_chain_has() {
    let (net, cables, mut reader) = start().await;
    let clearinghouse = net.venue().clearinghouse;
    let first = join(&net, "first", 100).await.expect("somebody joins");
    reader
        .until("a snapshot, or the account after it", |r| {
            r.known.contains_key(&first.margin)
        })
        .await;
    assert!(
        reader.known.contains_key(&clearinghouse)
            && reader.known.contains_key(&net.venue().risk_book)
    );

    // A change arrives by itself.
    deposit(&net, &first, 5_000_000).await;
    reader
        .until("a deposit", |r| {
            cash(&r.known[&first.margin]) == 105_000_000
        })
        .await;
    assert_eq!((reader.snapshots, reader.lost), (1, 0));

    // What changes while the line is cut is there when it stands again; so is who joined.
    cables.iter().for_each(Cable::cut);
    reader.until("the line is lost", |r| r.lost > 0).await;
    deposit(&net, &first, 1_000_000).await;
    let second = join(&net, "second", 50).await.expect("somebody joins");
    cables.iter().for_each(Cable::mend);
    reader
        .until("a second snapshot", |r| r.snapshots == 2)
        .await;
    assert_eq!(cash(&reader.known[&first.margin]), 106_000_000);
    assert_eq!(cash(&reader.known[&second.margin]), 50_000_000);

    // Only the websocket breaks.
    cables[1].cut();
    reader.until("it is noticed", |r| r.lost >= 2).await;
    cables[1].mend();
    reader.until("a third snapshot", |r| r.snapshots == 3).await;

    // A node that answers slowly is no reason to give up.
    let lost = reader.lost;
    cables
        .iter()
        .for_each(|cable| cable.slow(Duration::from_millis(300)));
    deposit(&net, &second, 2_000_000).await;
    reader
        .until("a deposit, late", |r| {
            cash(&r.known[&second.margin]) == 52_000_000
        })
        .await;
    assert_eq!(reader.lost, lost);
    cables.iter().for_each(|cable| cable.slow(Duration::ZERO));

    // Nobody notifies of an account that is closed: the comparison finds it.
    close(&net, &second).await;
    reader
        .until("it is gone", |r| !r.known.contains_key(&second.margin))
        .await;
    // Opened again it begins with a sequence that was seen before.
    let again = net.venue().open_margin_account(key("second").pubkey(), 0);
    net.link()
        .send(&Draft::new(&second.key, vec![again], 0))
        .await
        .expect("opened");
    reader
        .until("it is there again", |r| {
            r.known.contains_key(&second.margin)
        })
        .await;

    let chain = margins(net.link(), &clearinghouse).await;
    reader
        .until("all that the chain has", |r| r.margins() == chain)
        .await;
    net.stop().await.expect("stopped");
}
