//! How a campaign works through its list.

use clap::Args;

/// How it works through its list.
#[derive(Args, Debug)]
pub(crate) struct OrderArgs {
    /// Refill every freed line at once, or call batch after batch
    #[arg(long, value_parser = ["continuous", "batch"])]
    pub(crate) mode: Option<String>,
    /// In batch mode: people in a batch [default: the cap]
    #[arg(long, value_name = "PEOPLE", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch_size: Option<u32>,
    /// In batch mode: whether a new batch waits until no call is live on its number
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) quiet_line: Option<bool>,
}
