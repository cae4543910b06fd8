//! What stands and runs on the network: the clearinghouse, prices, the faucet, who trades, the keeper.

use crate::{
    Addresses, Config, Error,
    bots::{self, Chores, Maker, Marks, Trader, Watch},
    cluster::{self, Cluster},
    house::House,
    http, keeper, migrate, options,
    prices::{PricePath, Publisher},
};
use anchor_lang::prelude::Pubkey;
use counterweight_link::Link;
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::task::JoinSet;

/// How long an answer of the network is waited for.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Everything that a network has, on a cluster that is there.
pub(crate) struct Furniture {
    pub addresses: Addresses,
    pub house: House,
    pub publisher: Publisher,
    pub board: Watch,
    /// Trades of the traders here.
    pub trades: Arc<AtomicU64>,
    pub keeper: Option<keeper::Process>,
    /// Everything that runs in this process; ends with it.
    tasks: JoinSet<()>,
    /// The keeper's folder, where it was made for it alone.
    scratch: Option<PathBuf>,
}

impl Furniture {
    /// Puts everything there and lets it run.
    pub(crate) async fn new(
        config: &Config,
        cluster: &Cluster,
        elf: &[u8],
        faucet: (tokio::net::TcpListener, u16),
    ) -> Result<Self, Error> {
        let link = Link::new(cluster.endpoint(), TIMEOUT);
        let mut deployment = config.deployment.clone();
        if config.options {
            let now = link.clock().await.map_err(Error::asking("the time"))?;
            deployment = options::offered(deployment, now.time);
        }
        let deployment = Arc::new(migrate::completed(deployment));
        let path = PricePath::new(config.prices.clone(), config.seed, &deployment);
        let publisher = Publisher::new(path, &deployment, config.time_scale);
        let house = House::build(link, deployment, config, elf, &publisher).await?;
        let watched = bots::watch(house.clone()).await;
        let (board, look) = watched.map_err(Error::Network)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(look);
        let url = format!("http://{}:{}", cluster::LOOPBACK, faucet.1);
        let mut furniture = Self {
            addresses: Addresses::new(config, &house, &publisher, &cluster.endpoint(), url),
            house,
            publisher,
            board,
            trades: Arc::default(),
            keeper: None,
            tasks,
            scratch: None,
        };
        furniture.open_desk(faucet.0);
        furniture.open_books(config).await?;
        if let Some(folder) = &config.folder {
            furniture.addresses.write(folder)?;
        }
        Ok(furniture)
    }

    fn open_desk(&mut self, listener: tokio::net::TcpListener) {
        let desk = http::Desk {
            link: self.house.link.clone(),
            faucet: self.house.faucet.clone(),
            publisher: self.publisher.clone(),
            addresses: Arc::new(serde_json::to_value(&self.addresses).unwrap_or_default()),
        };
        self.tasks.spawn(http::serve(listener, desk));
    }

    /// Prices, chores, market makers, the keeper, traders.
    async fn open_books(&mut self, config: &Config) -> Result<(), Error> {
        let link = self.house.link.clone();
        self.tasks
            .spawn(self.publisher.clone().run(link, config.publish_every));
        if config.chores {
            self.do_chores();
        }
        // Before anybody quotes by them.
        if let Some(marks) = Marks::begin(self.house.clone(), self.board.clone()).await? {
            self.tasks.spawn(marks.run());
        }
        let makers = self.admit_makers(config).await?;
        self.hire_keeper(config).await?;
        for number in 0..config.traders {
            let (house, board) = (self.house.clone(), self.board.clone());
            let makers = makers.clone();
            let (seed, trades) = (config.seed, self.trades.clone());
            self.tasks.spawn(async move {
                match Trader::join(house, board, number, seed, makers, trades).await {
                    Ok(trader) => trader.run().await,
                    Err(error) => tracing::warn!("trader {number}: {error}"),
                }
            });
        }
        Ok(())
    }

    /// The margin accounts of the makers, by market.
    async fn admit_makers(&mut self, config: &Config) -> Result<Arc<Vec<Pubkey>>, Error> {
        if !config.makers {
            return Ok(Arc::default());
        }
        let mut joining = JoinSet::new();
        for market in 0..self.house.deployment.market.len() as u16 {
            joining.spawn(Maker::join(self.house.clone(), self.board.clone(), market));
        }
        let joined = joining.join_all().await;
        let mut makers = joined.into_iter().collect::<Result<Vec<_>, _>>()?;
        makers.sort_by_key(Maker::market);
        let margins = makers.iter().map(Maker::margin).collect();
        for maker in makers {
            self.tasks.spawn(maker.run());
        }
        (config.progress)("the market makers quote");
        Ok(Arc::new(margins))
    }

    async fn hire_keeper(&mut self, config: &Config) -> Result<(), Error> {
        let Some(keeper) = &config.keeper else {
            return Ok(());
        };
        let folder = config.folder.clone().unwrap_or_else(|| {
            let port = self.addresses.rpc.rsplit(':').next().unwrap_or_default();
            let name = format!("counterweight-localnet-{}-{port}", std::process::id());
            let scratch = std::env::temp_dir().join(name);
            self.scratch = Some(scratch.clone());
            scratch
        });
        let process =
            keeper::Process::start(keeper, &self.house, &self.board, &self.publisher, &folder)
                .await?;
        (config.progress)(&format!(
            "the keeper runs: its log is {}",
            process.log.display()
        ));
        self.keeper = Some(process);
        Ok(())
    }

    /// Does what a keeper would, but for liquidations.
    pub(crate) fn do_chores(&mut self) {
        let chores = Chores {
            house: self.house.clone(),
            publisher: self.publisher.clone(),
            board: self.board.clone(),
        };
        self.tasks.spawn(chores.run());
    }

    /// Ends everything: the keeper first, then who trades.
    pub(crate) async fn stop(mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.stop().await;
        }
        self.tasks.shutdown().await;
        if let Some(folder) = &self.scratch {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
