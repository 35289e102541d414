//! `autolynx sandbox`: a provider without a telephone.

use std::{
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use sandbox::{DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, Faults, LimitForm, World};
use tokio::net::TcpListener;

use crate::{
    commands::serve::ClockArgs, logging, settings::Settings, signals::stop_on_signal, terminal::announce,
};

/// How the sandbox behaves.
#[derive(Args, Debug)]
pub(crate) struct SandboxArgs {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    address: SocketAddr,
    /// How many times as fast as real time its people live
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    speed: f64,
    /// When the fast clock showed the true time, in milliseconds since 1970
    #[arg(long, value_name = "MS", hide = true)]
    epoch: Option<i64>,
    /// By how many seconds its clock is ahead of the true time (below 0: behind); can be changed while it runs by `POST
    /// /sandbox/clock`
    #[arg(long, default_value_t = 0, value_name = "SECONDS", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i64).range(-MOST_OFFSET_S..=MOST_OFFSET_S))]
    clock_offset: i64,
    /// Seeds every draw: people, faults, ids
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// What goes wrong; can be changed while it runs by `POST /sandbox/faults`
    #[arg(long, default_value = "none", value_name = "KIND")]
    faults: FaultKind,
    /// Calls that the account may have live at once
    #[arg(long, default_value_t = 10, value_name = "N")]
    account_lines: u32,
    /// How calls beyond that are refused
    #[arg(long, default_value = "mixed", value_name = "FORM")]
    limit_form: LimitFormArg,
    /// The key that clients must bring
    #[arg(long, default_value = "sandbox-key", value_name = "KEY")]
    api_key: String,
}

/// Ten years, in seconds.
const MOST_OFFSET_S: i64 = 315_360_000;

/// A set of faults.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Nothing goes wrong.
    None,
    /// What an ordinary week brings.
    Mild,
    /// Everything at once.
    Harsh,
}

impl FaultKind {
    /// The sandbox's rates for it.
    pub(crate) fn faults(self) -> Faults {
        match self {
            Self::None => Faults::none(),
            Self::Mild => Faults::mild(),
            Self::Harsh => Faults::harsh(),
        }
    }
}

/// How calls beyond the account's lines are refused.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum LimitFormArg {
    /// 400 with a message.
    Http400,
    /// 201 that says it is blocked.
    Blocked201,
    /// 201, and the call ends at once.
    InstantEnd,
    /// Any of the three.
    Mixed,
}

impl From<LimitFormArg> for LimitForm {
    fn from(form: LimitFormArg) -> Self {
        match form {
            LimitFormArg::Http400 => Self::Http400,
            LimitFormArg::Blocked201 => Self::Blocked201,
            LimitFormArg::InstantEnd => Self::InstantEnd,
            LimitFormArg::Mixed => Self::Mixed,
        }
    }
}

/// Serves until told to stop.
pub(crate) async fn run(args: SandboxArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    logging::start(settings);
    let clock = ClockArgs {
        speed: Some(args.speed),
        epoch: args.epoch,
    }
    .clock()?;
    let listener = TcpListener::bind(args.address)
        .await
        .with_context(|| format!("cannot listen on {}: is another program there?", args.address))?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let world = World::new(sandbox::Settings {
        seed: args.seed,
        api_key: args.api_key.clone(),
        public_base_url: base_url.clone(),
        account_lines: args.account_lines,
        limit_form: args.limit_form.into(),
        faults: args.faults.faults(),
        clock_ahead_ms: args.clock_offset * 1_000,
        ..sandbox::Settings::default()
    });
    let stop = stop_on_signal();
    announce(format!(
        "A Vapi-compatible provider listens on {base_url}. No real calls are made.\n\n  \
         export VAPI_BASE_URL={base_url}\n  export VAPI_API_KEY={}\n  \
         export VAPI_PHONE_NUMBER_ID={DEFAULT_PHONE_NUMBER_ID}\n\n\
         Assistant: {DEFAULT_ASSISTANT_ID}\nLedger:    {base_url}/sandbox/ledger",
        args.api_key
    ));
    let provider_clock = if clock.speed() == 1.0 {
        sandbox::Clock::machine()
    } else {
        announce(format!(
            "Time:      {} times as fast; `autolynx serve` goes by it",
            clock.speed()
        ));
        sandbox::Clock::shared(clock.started(), clock.origin().0, clock.speed())
    };
    sandbox::serve(
        listener,
        Arc::new(Mutex::new(world)),
        provider_clock,
        stop.cancelled_owned(),
    )
    .await?;
    Ok(ExitCode::SUCCESS)
}
