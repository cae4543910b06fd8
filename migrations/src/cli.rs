//! The command line of `counterweight-migrate`.
//!
//! Exit codes, for continuous integration: 0 where nothing is (or is left) to be done, 2 where the chain differs from
//! the file, 1 where that could not be found out or done.

use crate::{
    Cluster, Error, Line, Progress, Upgrade, Who, apply, plan, show, upgrade, upgrade_of, verify,
};
use anchor_lang::prelude::Pubkey;
use clap::{Args, Parser, Subcommand};
use counterweight_deploy::{Addresses, Context, Deployment, Plan};
use counterweight_link::{Endpoint, Link};
use serde_json::{Value, json};
use solana_keypair::{Keypair, read_keypair_file};
use std::{
    ffi::OsString,
    io::{IsTerminal, Write, stdin, stdout},
    path::PathBuf,
    time::Duration,
};

/// How long a node may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Nothing is to be done.
pub const SAME: u8 = 0;
/// It could not be found out, or done.
pub const FAILED: u8 = 1;
/// The chain differs from the file.
pub const DIFFERS: u8 = 2;

/// Brings a clearinghouse on a cluster to what a TOML file describes. Exits with 0 where nothing is to be done, with 2
/// where there is, with 1 on an error.
#[derive(Parser)]
#[command(name = "counterweight-migrate", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows what differs between the chain and the file.
    Plan(Common),
    /// Shows what differs, asks, and carries it out; what was interrupted goes on where it stopped.
    Apply(Acting),
    /// Shows what differs, and has the program audit its ledger (without a transaction).
    Verify(Common),
    /// Brings the risk book to the account layout of this release. Anybody may, and pays the rent.
    Upgrade(Acting),
}

#[derive(Args)]
struct Common {
    /// The clearinghouse as it shall be; migrations/localnet.toml is an example.
    file: PathBuf,
    /// The cluster's JSON-RPC.
    #[arg(
        long,
        env = "COUNTERWEIGHT_URL",
        default_value = "http://127.0.0.1:8899"
    )]
    url: String,
    /// The file of the key that signs and pays, as solana-keygen writes it. Planning needs none where --authority is given.
    #[arg(long, env = "COUNTERWEIGHT_KEYPAIR", value_name = "FILE")]
    keypair: Option<PathBuf>,
    /// Who governs, where it is not the key that signs: to see what a multisig would have to do.
    #[arg(long, value_name = "ADDRESS")]
    authority: Option<Pubkey>,
    /// Writes JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Acting {
    #[command(flatten)]
    common: Common,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// Does what the arguments say, the program's name before them, and returns the exit code.
pub async fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // clap's own code would say that the chain differs.
            return if error.use_stderr() { FAILED } else { SAME };
        }
    };
    let done = match cli.command {
        Command::Plan(common) => run_plan(&common).await,
        Command::Apply(acting) => run_apply(&acting).await,
        Command::Verify(common) => run_verify(&common).await,
        Command::Upgrade(acting) => run_upgrade(&acting).await,
    };
    done.unwrap_or_else(|sentence| {
        eprintln!("{sentence}");
        FAILED
    })
}

/// What every command begins with.
struct Session {
    file: Deployment,
    who: Who,
    line: Cluster,
}

impl Session {
    /// Without a key, one that nobody has signs nothing.
    fn open(common: &Common, signs: bool) -> Result<Self, String> {
        let path = &common.file;
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let file = Deployment::parse(&text).map_err(|why| format!("{}: {why}", path.display()))?;
        let key = match &common.keypair {
            Some(path) => read_keypair_file(path).map_err(|error| {
                let path = path.display();
                format!("{path} is no key: {error}; solana-keygen new writes one")
            })?,
            None if signs => {
                return Err(
                    "name the file of the key that signs: --keypair, or COUNTERWEIGHT_KEYPAIR"
                        .into(),
                );
            }
            None if common.authority.is_none() && file.creator.is_none() => {
                return Err(
                    "say whose clearinghouse it is: --keypair, --authority, or creator in the file"
                        .into(),
                );
            }
            None => Keypair::new(),
        };
        let link = Link::new(Endpoint::of(&common.url), TIMEOUT);
        let authority = match (common.authority, &common.keypair) {
            (None, None) => file.creator,
            (authority, _) => authority,
        };
        Ok(Self {
            who: Who {
                authority,
                ..Who::default()
            },
            line: Cluster::new(link, key),
            file,
        })
    }

    /// A problem of the file is told with its name.
    fn tell(common: &Common, error: Error) -> String {
        match &error {
            Error::Plan(_) => {
                let path = common.file.display();
                let lines: Vec<_> = error
                    .to_string()
                    .lines()
                    .map(|line| format!("{path}: {line}"))
                    .collect();
                lines.join("\n")
            }
            _ => error.to_string(),
        }
    }

    async fn plan(&mut self, common: &Common) -> Result<Plan, String> {
        plan(&mut self.line, &self.file, &self.who)
            .await
            .map_err(|error| Self::tell(common, error))
    }
}

fn code_of(plan: &Plan) -> u8 {
    if plan.is_empty() { SAME } else { DIFFERS }
}

fn print_json(value: &Value) {
    println!("{value:#}");
}

async fn run_plan(common: &Common) -> Result<u8, String> {
    let mut session = Session::open(common, false)?;
    let plan = session.plan(common).await?;
    if common.json {
        print_json(&show::json(&plan));
    } else {
        print!("{}", show::table(&plan));
    }
    Ok(code_of(&plan))
}

/// Asks, where somebody is there to answer.
fn agreed(question: &str, yes: bool) -> Result<(), String> {
    if yes {
        return Ok(());
    }
    if !stdin().is_terminal() {
        return Err("nobody is there to be asked: say --yes".into());
    }
    print!("{question} [y/N] ");
    stdout().flush().map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stdin()
        .read_line(&mut answer)
        .map_err(|error| error.to_string())?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err("nothing was done".into()),
    }
}

async fn run_apply(acting: &Acting) -> Result<u8, String> {
    let common = &acting.common;
    let mut session = Session::open(common, true)?;
    let plan = session.plan(common).await?;
    if !common.json {
        print!("{}", show::table(&plan));
    }
    if !plan.is_empty() {
        let question = format!(
            "carry out these {} steps on {}?",
            plan.steps.len(),
            common.url
        );
        agreed(&question, acting.yes)?;
        let mut report = |progress: Progress<'_>| report(common.json, progress);
        apply(
            &mut session.line,
            &session.file,
            &session.who,
            &plan,
            &mut report,
        )
        .await
        .map_err(|error| Session::tell(common, error))?;
    }
    if common.json {
        print_json(&json!({"applied": show::json(&plan)}));
    } else if !plan.is_empty() {
        println!("done: the chain has what the file describes");
    }
    Ok(SAME)
}

/// Progress goes to the terminal as it comes, and not between the JSON.
fn report(json: bool, progress: Progress<'_>) {
    let Progress {
        number,
        of,
        step,
        done,
    } = progress;
    if !json {
        match done {
            false => print!("[{number}/{of}] {step} ..."),
            true => println!(" done"),
        }
        let _ = stdout().flush();
    }
}

async fn run_verify(common: &Common) -> Result<u8, String> {
    let mut session = Session::open(common, false)?;
    let verified = verify(&mut session.line, &session.file, &session.who)
        .await
        .map_err(|error| Session::tell(common, error))?;
    if common.json {
        print_json(&json!({
            "differences": show::json(&verified.plan),
            "audited": verified.audited,
        }));
    } else {
        print!("{}", show::table(&verified.plan));
        for what in &verified.audited {
            println!("audited: {what}: the ledger holds");
        }
    }
    Ok(code_of(&verified.plan))
}

async fn run_upgrade(acting: &Acting) -> Result<u8, String> {
    let common = &acting.common;
    let mut session = Session::open(common, true)?;
    let authority = session.who.authority.unwrap_or(session.line.signer());
    // Only the address is asked for.
    let venue = Addresses::of(&session.file, &Context::of(authority, 0)).venue;
    let wanted = upgrade_of(&mut session.line, &venue).await;
    let wanted = wanted.map_err(|error| error.to_string())?;
    let Some(wanted) = wanted else {
        say_upgrade(common.json, None, "has the layout of this release");
        return Ok(SAME);
    };
    if !common.json {
        say_upgrade(false, Some(&wanted), "is to be migrated");
    }
    agreed(&format!("migrate it on {}?", common.url), acting.yes)?;
    let done = upgrade(&mut session.line, &venue).await;
    let done = done.map_err(|error| error.to_string())?;
    say_upgrade(common.json, done.as_ref(), "was migrated");
    Ok(SAME)
}

fn say_upgrade(json: bool, upgrade: Option<&Upgrade>, what: &str) {
    match upgrade {
        None if json => print_json(&json!({"migrated": null})),
        None => println!("the risk book {what}: nothing is to be done"),
        Some(upgrade) if json => print_json(&json!({"migrated": {
            "risk_book": upgrade.risk_book.to_string(),
            "from": upgrade.from,
            "to": upgrade.to,
            "bytes": upgrade.bytes,
            "bytes_after": upgrade.bytes_after,
            "calls": upgrade.calls,
        }})),
        Some(upgrade) => println!(
            "the risk book {} {what}: layout {} to {}, {} bytes to {}, {} call(s) in one transaction",
            upgrade.risk_book,
            upgrade.from,
            upgrade.to,
            upgrade.bytes,
            upgrade.bytes_after,
            upgrade.calls
        ),
    }
}
