//! Keepers as processes of their own, which can be killed, and cables to the network, which can be cut.

use crate::{
    Cable,
    crowd::{Member, TOKEN, join},
};
use counterweight_localnet::Localnet;
use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

/// Whole quote tokens of a keeper: it is to lack nothing.
const TOKENS: u64 = 200_000_000;

/// A keeper of the network.
pub struct Keeper {
    /// Its name.
    pub name: String,
    /// Its key and margin account.
    pub member: Member,
    /// Its JSON-RPC and its websocket.
    pub cables: [Cable; 2],
    metrics: SocketAddr,
    folder: PathBuf,
    child: Option<Child>,
    program: PathBuf,
}

fn port_of(address: &str) -> SocketAddr {
    let place = address.rsplit_once('/').map_or(address, |(_, place)| place);
    place.parse().expect("an address with a port")
}

impl Keeper {
    /// Opens an account for a keeper, lays its cables, and starts it: `program` is the keeper's.
    ///
    /// # Panics
    /// If anything of it fails: the test is about what comes after.
    pub async fn start(net: &Localnet, program: &Path, name: &str) -> Self {
        let member = join(net, name, TOKENS).await.expect("a keeper joins");
        let addresses = net.addresses();
        let cables = [
            Cable::to(port_of(&addresses.rpc)).await,
            Cable::to(port_of(&addresses.ws)).await,
        ];
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let mut keeper = Self {
            name: name.into(),
            member,
            cables,
            metrics: free.expect("a free port"),
            folder: std::env::temp_dir()
                .join(format!("counterweight-{}-{name}", std::process::id())),
            child: None,
            program: program.into(),
        };
        keeper.configure(net);
        keeper.run();
        keeper
    }

    fn configure(&self, net: &Localnet) {
        std::fs::create_dir_all(&self.folder).expect("a folder");
        let key: Vec<u8> = self.member.key.to_bytes().to_vec();
        let file = self.folder.join("key.json");
        std::fs::write(&file, format!("{key:?}")).expect("a key file");
        #[cfg(unix)]
        {
            use std::{fs::Permissions, os::unix::fs::PermissionsExt};
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("permissions");
        }
        let [http, ws] = [0, 1].map(|at: usize| self.cables[at].address());
        let assets = net.addresses().assets.iter();
        let priced = assets.filter_map(|asset| Some((&asset.name, asset.price_account.as_ref()?)));
        let prices: String = priced
            .map(|(name, account)| format!("{name} = \"{account}\"\n"))
            .collect();
        let text = format!(
            "[clearinghouse]\naddress = \"{}\"\n\
             [cluster]\nhttp = \"http://{http}\"\nws = \"ws://{ws}\"\ntimeout_ms = 4_000\nquiet_ms = 3_000\n\
             [keys]\npayer_file = \"{}\"\n\
             [tables]\naddresses = [\"{}\"]\ncreate = false\n\
             [server]\nlisten = \"{}\"\n\
             [duties.prices]\nmax_age_seconds = 1\n\
             [duties.prices.accounts]\n{prices}",
            net.addresses().clearinghouse,
            self.folder.join("key.json").display(),
            net.addresses().lookup_table,
            self.metrics,
        );
        std::fs::write(self.folder.join("keeper.toml"), text).expect("a configuration");
    }

    /// Starts the process; its log goes on where it was.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn run(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log");
        let child = Command::new(&self.program)
            .arg("run")
            .arg("--config")
            .arg(self.folder.join("keeper.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn();
        self.child = Some(child.expect("the keeper's program"));
    }

    /// Where its log is.
    pub fn log(&self) -> PathBuf {
        self.folder.join("keeper.log")
    }

    /// Ends the process at once, as a machine that loses power does.
    ///
    /// # Panics
    /// If it had ended by itself.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let ended = child.try_wait().expect("its status");
        assert!(
            ended.is_none(),
            "{} had ended: {ended:?}, see {}",
            self.name,
            self.log().display()
        );
        child.kill().await.expect("killed");
    }

    /// Cuts both cables.
    pub fn cut(&self) {
        self.cables.iter().for_each(Cable::cut);
    }

    /// Mends both.
    pub fn mend(&self) {
        self.cables.iter().for_each(Cable::mend);
    }

    /// Slows both down.
    pub fn slow(&self, delay: Duration) {
        self.cables.iter().for_each(|cable| cable.slow(delay));
    }

    /// Its metrics, by name with labels. Empty where it does not answer.
    pub async fn metrics(&self) -> BTreeMap<String, i64> {
        let text = get(self.metrics, "/metrics").await.unwrap_or_default();
        let rows = text
            .lines()
            .filter(|line| !line.starts_with('#') && line.starts_with("counterweight"));
        let row = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            // Whole numbers all, but for sums of seconds.
            Some((name.to_owned(), value.parse().ok()?))
        };
        rows.filter_map(row).collect()
    }

    /// Whether it says that it is well.
    pub async fn is_healthy(&self) -> bool {
        get(self.metrics, "/healthz")
            .await
            .is_some_and(|text| text.contains(" 200 "))
    }

    /// Waits until it says so, or not so.
    ///
    /// # Panics
    /// If that takes longer than a limit.
    pub async fn wait_for_health(&self, wanted: bool, limit: Duration) {
        let began = std::time::Instant::now();
        while self.is_healthy().await != wanted {
            assert!(
                began.elapsed() < limit,
                "{} did not become {} within {limit:?}: see {}",
                self.name,
                if wanted { "healthy" } else { "unhealthy" },
                self.log().display()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// An answer over HTTP, headers and all.
async fn get(address: SocketAddr, path: &str) -> Option<String> {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(2), ask).await;
    answer.ok().and_then(Result::ok)
}

/// The sum of all metrics of a name, whatever their labels.
pub fn total(metrics: &BTreeMap<String, i64>, name: &str) -> i64 {
    let full = format!("counterweight_keeper_{name}");
    let of = |found: &&String| found.as_str() == full || found.starts_with(&format!("{full}{{"));
    metrics
        .iter()
        .filter(|(found, _)| of(found))
        .map(|(_, value)| value)
        .sum()
}

/// What one quote token is in atoms, for sentences.
pub fn tokens(atoms: i64) -> i64 {
    atoms / i64::try_from(TOKEN).unwrap_or(1)
}
