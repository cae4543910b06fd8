//! What may legitimately succeed, and why.

use super::substitutions::SAME_KEY;

/// An account of a call: a named one, or one of those that follow.
pub struct Account {
    /// Its name in the IDL, or `further` and a number.
    pub name: String,
    /// Whether it signs and is not written.
    pub only_signs: bool,
    /// Its place in the call where it stands behind the named ones, else 0.
    pub further: usize,
}

/// A substitution that may succeed.
pub struct Allowed {
    /// The instruction; [`ANY`] for all.
    pub instruction: &'static str,
    /// The account; [`SIGNER`] for every signer that is not writable.
    pub account: &'static str,
    /// What may stand there; a trailing `*` for everything that starts so.
    pub by: &'static [&'static str],
    /// Why.
    pub because: &'static str,
}

/// Every instruction.
pub const ANY: &str = "any instruction";
/// Every signer that is only read.
pub const SIGNER: &str = "any signer that is only read";

/// Everything that may succeed.
pub const ALLOWED: &[Allowed] = &[
    Allowed {
        instruction: ANY,
        account: SIGNER,
        by: &[SAME_KEY],
        because: "a signer is known by the key alone: the key may belong to another program's account",
    },
    Allowed {
        instruction: "close_margin_account",
        account: "owner",
        by: &[SAME_KEY],
        because: "she signs and only receives: the key may belong to another program's account",
    },
    Allowed {
        instruction: "close_margin_account",
        account: "margin_account",
        by: &["B.margin alice/2"],
        because: "the owner closes another empty account of hers, wherever it is",
    },
    Allowed {
        instruction: "audit",
        account: "further 4",
        by: &["A.market 5"],
        because: "anyone may audit any markets of the clearinghouse, in their order",
    },
    Allowed {
        instruction: "collect_fees",
        account: "market",
        by: &[
            "A.market 1",
            "A.market 2",
            "A.market 3",
            "A.market 4",
            "A.market 5",
        ],
        because: "anyone may sweep any market of the clearinghouse",
    },
    Allowed {
        instruction: "accrue_interest",
        account: "margin_account",
        by: &["A.margin *", "A.backstop"],
        because: "anyone may sweep the interest of any account of the clearinghouse",
    },
    Allowed {
        instruction: "deposit",
        account: "margin_account",
        by: &["A.margin alice/1", "A.margin alice/2"],
        because: "the depositor owns that account too",
    },
    Allowed {
        instruction: "deposit",
        account: "source",
        by: &["second USDC of alice"],
        because: "any token account of the mint that the depositor may spend from",
    },
    Allowed {
        instruction: "flag_account",
        account: "margin_account",
        by: &["A.margin dave/0", "A.margin erin/0", "A.margin frank/0"],
        because: "anyone may flag any account below its maintenance margin",
    },
    Allowed {
        instruction: "fund_insurance",
        account: "source",
        by: &["USDC of alice"],
        because: "any token account of the mint that the payer may spend from",
    },
    Allowed {
        instruction: "liquidate",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of the liquidator's account",
    },
    Allowed {
        instruction: "liquidate",
        account: "liquidatee",
        by: &["A.margin dave/0"],
        because: "another account below its maintenance margin, in the same market",
    },
    Allowed {
        instruction: "liquidate_slice",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of the liquidator's account",
    },
    Allowed {
        instruction: "liquidate_slice",
        account: "liquidatee",
        by: &["A.margin dave/0"],
        because: "another account below its maintenance margin, with positions in the same markets",
    },
    Allowed {
        instruction: "liquidate_collateral",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of the liquidator's account",
    },
    Allowed {
        instruction: "greeks_view",
        account: "margin_account",
        by: &["A.margin *", "A.backstop"],
        because: "anyone may look at any account of the clearinghouse",
    },
    Allowed {
        instruction: "margin_view",
        account: "margin_account",
        by: &["A.margin *", "A.backstop"],
        because: "anyone may look at any account of the clearinghouse",
    },
    Allowed {
        instruction: "set_outflow_limit",
        account: "signer",
        by: &["authority guardian"],
        because: "the guardian may tighten too",
    },
    Allowed {
        instruction: "set_outflow_limit",
        account: "custody",
        by: &["A.custody SOL"],
        because: "the authority limits another token of the clearinghouse",
    },
    Allowed {
        instruction: "pause",
        account: "signer",
        by: &["authority guardian"],
        because: "the guardian may pause too",
    },
    Allowed {
        instruction: "refresh_arrays",
        account: "risk_book",
        by: &["B.risk_book"],
        because: "anyone may refresh the arrays of any clearinghouse; this one has the same option",
    },
    Allowed {
        instruction: "refresh_prices",
        account: "risk_book",
        by: &["B.risk_book"],
        because: "anyone may bring prices to any clearinghouse; these are its feeds too",
    },
    Allowed {
        instruction: "refresh_prices",
        account: "further 0",
        by: &["price SOL again", "price SOL recorded"],
        because: "a pull feed is known by its id: any account of Pyth's receiver with it will do, \
                  and the price that is recorded already changes nothing",
    },
    Allowed {
        instruction: "resize_margin_account",
        account: "margin_account",
        by: &["A.margin alice/*", "B.margin alice/*"],
        because: "the owner resizes another account of hers, wherever it is",
    },
    Allowed {
        instruction: "set_delegate",
        account: "margin_account",
        by: &["A.margin alice/*", "B.margin alice/*"],
        because: "the owner sets the delegate of another account of hers, wherever it is",
    },
    Allowed {
        instruction: "set_risk_model",
        account: "margin_account",
        by: &["A.margin alice/*"],
        because: "the owner chooses for another account of hers in the clearinghouse",
    },
    Allowed {
        instruction: "settle_block_trade",
        account: "first_authority",
        by: &["dora"],
        because: "she is the delegate of the first side's account",
    },
    Allowed {
        instruction: "settle_block_trade",
        account: "first",
        by: &["A.margin alice/1"],
        because: "another account of the owner who signs for the first side",
    },
    Allowed {
        instruction: "transfer",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of both accounts, which have one owner",
    },
    Allowed {
        instruction: "transfer",
        account: "to",
        by: &["A.margin alice/2"],
        because: "another account of the same owner",
    },
    Allowed {
        instruction: "withdraw",
        account: "margin_account",
        by: &["A.margin alice/1"],
        because: "another account of the owner who signs",
    },
    Allowed {
        instruction: "withdraw",
        account: "destination",
        by: &[
            "second USDC of *",
            "USDC of *",
            "A.false vault USDC",
            "B.false vault USDC",
            "B.vault USDC",
        ],
        because: "the owner may have the tokens sent to any token account of the mint",
    },
    Allowed {
        instruction: "withdraw_fees",
        account: "destination",
        by: &[
            "second USDC of *",
            "USDC of *",
            "A.false vault USDC",
            "B.false vault USDC",
            "B.vault USDC",
        ],
        because: "the authority may have the fees sent to any token account of the mint",
    },
    Allowed {
        instruction: "cancel_orders",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "cancel_trigger",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "close_triggers",
        account: "owner",
        by: &[SAME_KEY],
        because: "she signs and only receives: the key may belong to another program's account",
    },
    Allowed {
        instruction: "close_triggers",
        account: "triggers",
        by: &["B.triggers alice/0"],
        because: "the owner drops other triggers of hers, wherever they are",
    },
    Allowed {
        instruction: "edit_order",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "execute_trigger",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of the executor's account",
    },
    Allowed {
        instruction: "grow_market",
        account: "payer",
        by: &[
            "authority*",
            "successor",
            "founder",
            "bob",
            "carol",
            "dave",
            "rose",
            "keeper",
            "dora",
            "stranger",
        ],
        because: "anyone who signs may pay",
    },
    Allowed {
        instruction: "grow_market",
        account: "market",
        by: &["A.market *", "B.market *", "A.old market", "B.old market"],
        because: "anyone may give any market room",
    },
    Allowed {
        instruction: "migrate_risk_book",
        account: "payer",
        by: &[
            "authority*",
            "successor",
            "founder",
            "bob",
            "carol",
            "dave",
            "rose",
            "keeper",
            "dora",
            "stranger",
        ],
        because: "anyone who signs may pay",
    },
    Allowed {
        instruction: "migrate_risk_book",
        account: "risk_book",
        by: &["B.old risk_book"],
        because: "anyone may bring any risk book to the present layout",
    },
    Allowed {
        instruction: "open_backstop",
        account: "payer",
        by: &[
            "authority*",
            "successor",
            "founder",
            "bob",
            "carol",
            "dave",
            "rose",
            "keeper",
            "dora",
            "stranger",
        ],
        because: "anyone who signs may pay: the address, and what is written there, are the clearinghouse's",
    },
    Allowed {
        instruction: "place_order",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "place_order",
        account: "market",
        by: &["A.market 1", "A.market 2"],
        because: "another market of the clearinghouse, in which the price is good",
    },
    Allowed {
        instruction: "place_order",
        account: "margin_account",
        by: &["A.margin alice/1"],
        because: "another account of the owner who signs",
    },
    Allowed {
        instruction: "place_orders",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "place_orders",
        account: "margin_account",
        by: &["A.margin alice/1"],
        because: "another account of the owner who signs",
    },
    Allowed {
        instruction: "place_trigger",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "set_fee_discount",
        account: "margin_account",
        by: &["A.margin *"],
        because: "the authority may favour any account of the clearinghouse",
    },
    Allowed {
        instruction: "set_fee_discount",
        account: "margin_account",
        by: &["A.backstop"],
        because: "a discount is on the fees of trading on the book, where nobody acts for the backstop",
    },
    Allowed {
        instruction: "settle_expired",
        account: "risk_book",
        by: &["B.risk_book"],
        because: "anyone may settle the contracts of any clearinghouse that have ended; this one has one too",
    },
    Allowed {
        instruction: "settle_position",
        account: "margin_account",
        by: &["A.margin bob/0"],
        because: "anyone may close any position in a market that has ended",
    },
    Allowed {
        instruction: "trade",
        account: "authority",
        by: &["dora"],
        because: "she is the delegate of Alice's account",
    },
    Allowed {
        instruction: "trade",
        account: "margin_account",
        by: &["A.margin alice/1"],
        because: "another account of the owner who signs",
    },
    Allowed {
        instruction: "update_funding",
        account: "market",
        by: &["A.market 1", "A.market 2", "A.market 4", "A.market 5"],
        because: "anyone may update any market of the clearinghouse that has not ended",
    },
    Allowed {
        instruction: "edit_order",
        account: "several accounts",
        by: &["the other clearinghouse's at 1, 2, 3"],
        because: "all accounts but the maker are the other clearinghouse's: a call to that one, which passes over a maker it does not know",
    },
    Allowed {
        instruction: "place_order",
        account: "several accounts",
        by: &["the other clearinghouse's at 1, 2, 3"],
        because: "all accounts but the maker are the other clearinghouse's: a call to that one, which passes over a maker it does not know",
    },
    Allowed {
        instruction: "trade",
        account: "several accounts",
        by: &["the other clearinghouse's at 1, 2, 3"],
        because: "all accounts but the maker are the other clearinghouse's: a call to that one, which passes over a maker it does not know",
    },
    Allowed {
        instruction: "execute_trigger",
        account: "several accounts",
        by: &["the other clearinghouse's at 1, 2, 3, 4, 5"],
        because: "all accounts but the maker are the other clearinghouse's: a call to that one, which passes over a maker it does not know",
    },
];

impl Allowed {
    /// The pattern that allows an account of this label there.
    pub fn matches(
        &self,
        instruction: &str,
        account: &Account,
        label: &str,
    ) -> Option<&'static str> {
        let here = self.instruction == ANY || self.instruction == instruction;
        let this = self.account == account.name || self.account == SIGNER && account.only_signs;
        let fits = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(start) => label.starts_with(start),
            None => label == *pattern,
        };
        (here && this).then(|| self.by.iter().copied().find(fits))?
    }
}

/// Instructions that pass over an account behind the named ones if it is not that of a maker they meet,
/// or may not be written: such a call does to the byte what it does without that account.
pub const PASSING_OVER: [&str; 4] = ["edit_order", "execute_trigger", "place_order", "trade"];
