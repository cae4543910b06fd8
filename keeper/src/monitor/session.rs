//! The monitor's life: the line to the cluster, the terminal, the clock.

use super::{
    args::{Found, MonitorArgs, NEWEST},
    ask::Ask,
    ui::{Theme, Ui, draw},
    view::View,
};
use crate::{
    report::reading::{self, Reading},
    state::State,
};
use anchor_lang::prelude::Pubkey;
use counterweight_link::{Feed, Update, watch};
use counterweight_sdk::{accounts, pda};
use crossterm::event::{self, Event, KeyEvent, KeyEventKind};
use ratatui::{Terminal, backend::Backend};
use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// How often every account is judged anew: interest grows and prices age without any change.
const JUDGE_ALL: Duration = Duration::from_secs(5);
/// A picture may take this part of the time until the next; where it takes longer, the next one waits.
const SHARE: u32 = 4;
/// How long the terminal is asked for keys at a time.
const KEYS: Duration = Duration::from_millis(100);
/// How long the first picture waits for the list of price accounts.
const PATIENCE: Duration = Duration::from_secs(2);
/// Updates that are taken before a picture is due again.
const AT_ONCE: usize = 10_000;

/// Runs the monitor.
///
/// # Errors
/// A sentence that says what to do.
pub async fn run(args: &MonitorArgs) -> Result<ExitCode, String> {
    let found = args.place.find()?;
    if args.once {
        return once(&found, args).await;
    }
    if args.json {
        return documents(found, args).await;
    }
    if !args.shock.is_empty() {
        return Err("--shock is of JSON documents: add --json or --once, or move prices on page 6 of the terminal".into());
    }
    if !io::stdout().is_terminal() {
        return Err(
            "this is no terminal to draw on: add --json, or --once for one document".into(),
        );
    }
    on_terminal(found, args).await
}

/// Writes a line; false where nobody reads any more.
fn written(text: &str) -> bool {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).is_ok()
}

async fn once(found: &Found, args: &MonitorArgs) -> Result<ExitCode, String> {
    let reading = reading::read(found)
        .await
        .map_err(|error| error.to_string())?;
    let view = view_of(&reading, found, &args.ask());
    let document = serde_json::to_string_pretty(&view).map_err(|error| error.to_string())?;
    written(&document);
    if let Some(problem) = view
        .body
        .as_ref()
        .and_then(|body| body.shock.problem.clone())
    {
        return Err(problem);
    }
    Ok(if view.body.is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The view of a reading.
fn view_of(reading: &Reading, found: &Found, ask: &Ask) -> View {
    View::of(&reading.state(&found.prices), 0, ask)
}

/// What is known, and the line that keeps it so.
struct Watch {
    found: Found,
    state: State,
    /// The line; none while the figures stand still.
    feed: Option<mpsc::Receiver<Update>>,
    /// The price accounts that it watches.
    watched: BTreeSet<Pubkey>,
    began: Instant,
    judged: Instant,
}

impl Watch {
    async fn begin(found: Found) -> Self {
        let now = Instant::now();
        let mut watch = Self {
            state: State::new(found.clearinghouse, NEWEST, found.prices.clone()),
            feed: None,
            watched: price_accounts(&found).await,
            found,
            began: now,
            judged: now,
        };
        watch.connect();
        watch
    }

    fn connect(&mut self) {
        let mut feed = Feed::new(self.found.clearinghouse);
        feed.extra = self.watched.iter().copied().collect();
        feed.quiet = self.found.quiet;
        feed.verify_every = self.found.verify_every;
        self.feed = Some(watch(self.found.link.clone(), feed));
    }

    /// Lets the figures stand still, or go on. A line that nobody reads would only fill memory: it is hung up, and the
    /// next one begins with a snapshot.
    fn pause(&mut self, paused: bool) {
        match (paused, self.feed.is_some()) {
            (true, true) => self.feed = None,
            (false, false) => self.connect(),
            _ => {}
        }
    }

    fn at(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits for an update, and takes it with what else has come. Never ends while the figures stand still.
    async fn hear(&mut self) {
        let Some(feed) = &mut self.feed else {
            return core::future::pending().await;
        };
        let Some(first) = feed.recv().await else {
            // The task that reads has ended, which it does only when the process does.
            return self.connect();
        };
        let mut updates = vec![first];
        while updates.len() < AT_ONCE {
            match feed.try_recv() {
                Ok(update) => updates.push(update),
                Err(_) => break,
            }
        }
        let at = self.at();
        for update in updates {
            self.state.apply(update, at);
        }
        self.follow();
    }

    /// Watches the price accounts of assets that were added.
    fn follow(&mut self) {
        if self.found.recorded {
            return;
        }
        let wanted: BTreeSet<Pubkey> = self.state.prices().all().map(|(_, key)| key).collect();
        if wanted != self.watched {
            self.watched = wanted;
            self.connect();
        }
    }

    /// The figures as they are now.
    fn view(&mut self, ask: &Ask) -> View {
        if self.judged.elapsed() >= JUDGE_ALL {
            self.state.judge_all();
            self.judged = Instant::now();
        } else {
            self.state.judge();
        }
        View::of(&self.state, self.at(), ask)
    }
}

/// The price accounts of the assets there are; none where the chain does not answer yet: they are found later.
async fn price_accounts(found: &Found) -> BTreeSet<Pubkey> {
    let none = BTreeSet::new();
    if found.recorded {
        return none;
    }
    let key = pda::risk_book(&found.clearinghouse);
    let Ok(Ok(Some(account))) = tokio::time::timeout(PATIENCE, found.link.account(&key)).await
    else {
        return none;
    };
    let Ok(tables) = accounts::risk_book(&account.data) else {
        return none;
    };
    tables
        .assets
        .iter()
        .filter_map(|asset| found.prices.of(asset))
        .collect()
}

/// When the next picture is due.
struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    /// The first one is due after `wait`.
    fn new(every: Duration, wait: Duration) -> Self {
        Self {
            every,
            next: Instant::now() + wait,
        }
    }

    /// A picture was begun at `began` and is there now.
    fn took(&mut self, began: Instant) {
        self.next = began + self.every.max(began.elapsed() * SHARE);
    }

    async fn due(&self) {
        tokio::time::sleep_until(self.next.into()).await;
    }
}

async fn documents(found: Found, args: &MonitorArgs) -> Result<ExitCode, String> {
    let ask = args.ask();
    let every = Duration::from_secs(args.every);
    let mut watch = Watch::begin(found).await;
    let mut pace = Pace::new(every, every);
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
            () = watch.hear() => {}
            () = pace.due() => {
                let began = Instant::now();
                let document = serde_json::to_string(&watch.view(&ask));
                if !written(&document.map_err(|error| error.to_string())?) {
                    return Ok(ExitCode::SUCCESS);
                }
                pace.took(began);
            }
        }
    }
}

/// A key, or a window of another size.
enum Input {
    Key(KeyEvent),
    Resized,
}

/// Reads the terminal on a thread of its own, until it is told to stop.
fn inputs(stop: Arc<AtomicBool>) -> mpsc::Receiver<Input> {
    let (send, receive) = mpsc::channel(64);
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            let input = match event::poll(KEYS)
                .and_then(|ready| ready.then(event::read).transpose())
            {
                Ok(Some(Event::Key(key))) if key.kind != KeyEventKind::Release => Input::Key(key),
                Ok(Some(Event::Resize(..))) => Input::Resized,
                Ok(_) => continue,
                // No terminal any more: nobody looks.
                Err(_) => return,
            };
            if send.blocking_send(input).is_err() {
                return;
            }
        }
    });
    receive
}

async fn on_terminal(found: Found, args: &MonitorArgs) -> Result<ExitCode, String> {
    let sentence = |error: io::Error| format!("the terminal cannot be drawn on: {error}");
    let mut terminal = ratatui::try_init().map_err(sentence)?;
    let stop = Arc::new(AtomicBool::new(false));
    let inputs = inputs(Arc::clone(&stop));
    let mut ui = Ui::default();
    ui.sort = args.sort;
    ui.filter.clone_from(&args.filter);
    let every = Duration::from_secs(args.every);
    let outcome = drawn(&mut terminal, inputs, found, ui, every).await;
    stop.store(true, Ordering::Relaxed);
    ratatui::restore();
    outcome.map(|()| ExitCode::SUCCESS).map_err(sentence)
}

/// Draws until a key ends it, or nobody is there to press one.
async fn drawn<B: Backend>(
    terminal: &mut Terminal<B>,
    mut inputs: mpsc::Receiver<Input>,
    found: Found,
    mut ui: Ui,
    every: Duration,
) -> Result<(), B::Error> {
    let theme = Theme::from_environment();
    let mut watch = Watch::begin(found).await;
    let mut pace = Pace::new(every, Duration::ZERO);
    while !ui.quit {
        tokio::select! {
            input = inputs.recv() => match input {
                Some(Input::Key(key)) => ui.press(key),
                Some(Input::Resized) => {}
                None => return Ok(()),
            },
            () = watch.hear() => continue,
            () = pace.due() => {}
        }
        watch.pause(ui.paused);
        let began = Instant::now();
        ui.fit(terminal.size()?.height);
        let view = watch.view(&ui.ask());
        ui.settle(&view);
        terminal.draw(|frame| draw(frame, &view, &ui, theme))?;
        pace.took(began);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{monitor::args::Place, state::State};
    use crossterm::event::{KeyCode, KeyModifiers};
    use ratatui::backend::TestBackend;

    /// A clearinghouse on a cluster where nobody listens.
    fn nowhere() -> Found {
        let place = Place {
            clearinghouse: Some(Pubkey::new_from_array([7; 32]).to_string()),
            url: Some("http://127.0.0.1:1".into()),
            ..Place::default()
        };
        place.find().unwrap()
    }

    /// Draws while these keys are pressed, and gives what stands on the screen at the end.
    async fn screen(keys: &str) -> String {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let (send, inputs) = mpsc::channel(64);
        for letter in keys.chars() {
            let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
            send.send(Input::Key(key)).await.unwrap();
        }
        send.send(Input::Resized).await.unwrap();
        // The keyboard is gone when all are read: it ends, whether or not a key said so.
        drop(send);
        let every = Duration::from_millis(10);
        drawn(&mut terminal, inputs, nowhere(), Ui::default(), every)
            .await
            .unwrap();
        terminal.backend().to_string()
    }

    #[tokio::test]
    async fn without_a_chain_it_draws_words_and_takes_keys() {
        let screen = screen("6pp4").await;
        assert!(screen.contains("[4 Oracles]"), "{screen}");
        assert!(
            screen.contains("Nothing has come from the chain yet."),
            "{screen}"
        );
        assert!(!screen.contains("PAUSED"), "{screen}");
    }

    #[tokio::test]
    async fn a_key_ends_it_at_once() {
        // What is pressed after it is not looked at.
        let screen = screen("2q5").await;
        assert!(screen.contains("[2 Accounts]"), "{screen}");
    }

    #[tokio::test]
    async fn a_line_that_can_not_be_made_is_told_and_pausing_hangs_it_up() {
        let mut watch = Watch::begin(nowhere()).await;
        let lost = |state: &State| state.feed().lost.is_some();
        while !lost(&watch.state) {
            watch.hear().await;
        }
        let view = watch.view(&Ask::default());
        assert_eq!(view.feed.connection, crate::monitor::view::Connection::Lost);
        watch.pause(true);
        assert!(watch.feed.is_none());
        let silence = tokio::time::timeout(Duration::from_millis(50), watch.hear()).await;
        assert!(
            silence.is_err(),
            "it heard something of a line that was hung up"
        );
        watch.pause(true);
        watch.pause(false);
        assert!(watch.feed.is_some());
    }

    #[tokio::test]
    async fn a_picture_that_takes_long_delays_the_next() {
        let mut pace = Pace::new(Duration::from_millis(10), Duration::ZERO);
        let began = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        pace.took(began);
        assert!(pace.next >= began + Duration::from_secs(4));
        pace.took(Instant::now());
        assert!(pace.next <= Instant::now() + Duration::from_millis(11));
    }
}
