//! An embedded chain as the line of a migration.
#![allow(dead_code)] // each test file uses its part

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight_deploy::{Deployment, Read};
use counterweight_migrations::{Error, Line, LineError, Progress, Who, apply, plan};
use counterweight_simnet::{Chain, Keypair, Signer, Start, completed, keypair};

/// An embedded chain, and a key that signs.
pub struct Embedded {
    /// The chain.
    pub chain: Chain,
    key: Keypair,
    /// Transactions that come through before the line breaks.
    pub lives: usize,
}

impl Embedded {
    /// With a key made from a name.
    pub fn new(chain: Chain, name: &str) -> Self {
        let mut line = Self {
            chain,
            key: keypair(name),
            lives: usize::MAX,
        };
        line.chain.fund(&line.key.pubkey());
        line
    }

    /// Whether these instructions ask for the key's signature; the chain's own payer pays.
    fn signs(&self, instructions: &[Instruction]) -> bool {
        let key = self.key.pubkey();
        let mut accounts = instructions.iter().flat_map(|one| &one.accounts);
        accounts.any(|meta| meta.is_signer && meta.pubkey == key)
    }
}

fn refused(failure: &counterweight_simnet::Failure) -> LineError {
    LineError::Refused {
        why: failure.to_string(),
        code: failure.code,
        logs: failure.logs.clone(),
    }
}

impl Line for Embedded {
    async fn read(&mut self, keys: &[Pubkey]) -> Result<Vec<Option<Read>>, LineError> {
        let read = |key: &Pubkey| {
            let account = self.chain.svm.get_account(key)?;
            Some(Read {
                owner: account.owner,
                data: account.data,
            })
        };
        Ok(keys.iter().map(read).collect())
    }

    async fn now(&mut self) -> Result<i64, LineError> {
        Ok(self.chain.time())
    }

    fn signer(&self) -> Pubkey {
        self.key.pubkey()
    }

    async fn send(&mut self, instructions: Vec<Instruction>) -> Result<(), LineError> {
        let Some(lives) = self.lives.checked_sub(1) else {
            return Err(LineError::Unreachable("the line is cut".into()));
        };
        self.lives = lives;
        let transaction = self.chain.transaction(&instructions, &[&self.key]);
        let bytes = 1 + 64 * transaction.signatures.len() + transaction.message_data().len();
        assert!(bytes <= counterweight_simnet::PACKET, "{bytes} bytes");
        let sent = self.chain.send(&instructions, &[&self.key]);
        sent.map(drop).map_err(|failure| refused(&failure))
    }

    async fn attempt(&mut self, instructions: Vec<Instruction>) -> Result<(), LineError> {
        let key = self.key.insecure_clone();
        let signers: &[&Keypair] = if self.signs(&instructions) {
            &[&key]
        } else {
            &[]
        };
        let tried = self.chain.simulate(&instructions, signers);
        tried.map(drop).map_err(|failure| refused(&failure))
    }
}

/// A chain with the mints of the local network's file, the file with all keys, and the line of the authority.
pub fn start() -> (Embedded, Deployment) {
    let mut line = Embedded::new(Chain::start(Start::default()), "authority");
    let mut file = completed(Deployment::localnet(), &mut line.chain);
    file.guardian = Some(keypair("authority guardian").pubkey());
    (line, file)
}

/// What is done, in sentences.
pub async fn carry_out(line: &mut Embedded, file: &Deployment) -> Result<Vec<String>, Error> {
    let who = Who::default();
    let agreed = plan(line, file, &who).await?;
    let mut done = Vec::new();
    let mut note = |progress: Progress<'_>| {
        if progress.done {
            done.push(progress.step.to_string());
        }
    };
    apply(line, file, &who, &agreed, &mut note).await?;
    Ok(done)
}
