//! Measures whole workloads of AutoLynx on SQLite and on Postgres.
//!
//! Machines differ, so what counts are ratios between things measured in one run: an import against a bare bulk insert,
//! webhooks against an endpoint that does nothing, a claim in a large campaign against one in a small campaign. Nothing is
//! asserted about times; the program fails when a workload did not do what it says.

mod bodies;
mod database;
mod fill;
mod import;
mod list;
mod load;
mod machine;
mod refill;
mod report;
mod scale;
mod setup;
mod telephony;
mod timing;
mod webhooks;

use std::path::Path;

use clap::{Parser, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::{
    database::{Database, DbKind},
    report::{Measure, Section},
    scale::Repeats,
};

/// A workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Workload {
    /// CSV to committed contacts
    Import,
    /// HTTP requests to committed facts
    Webhooks,
    /// Claims and queries of pages at two sizes
    Scale,
    /// From the end of a call to the next dial
    Refill,
}

/// Measures AutoLynx and prints ratios
#[derive(Parser, Debug)]
#[command(version)]
struct Args {
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Small sizes, to see that everything works; the numbers mean little
    #[arg(long)]
    quick: bool,
    /// Rows of the imported list
    #[arg(long, default_value_t = 50_000, value_name = "N")]
    rows: usize,
    /// Live calls that webhooks tell of
    #[arg(long, default_value_t = 5_120, value_name = "N")]
    calls: usize,
    /// Contacts of the large campaign
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    contacts: i64,
    /// Measure only this (may be given more than once)
    #[arg(long, value_name = "WORKLOAD")]
    only: Vec<Workload>,
    /// Measure only on this database
    #[arg(long)]
    database: Option<DbKind>,
    /// A Postgres server on which databases may be made and dropped; `scripts/with-postgres.sh` starts one
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true, value_name = "URL")]
    postgres: String,
}

/// The numbers of one database, below its name.
type Column = (&'static str, Vec<Measure>);

/// What a run works with.
struct Bench {
    args: Args,
    databases: Vec<DbKind>,
    folder: tempfile::TempDir,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::parse();
    if args.quick {
        args.rows = args.rows.min(2_000);
        args.calls = args.calls.min(512);
        args.contacts = args.contacts.min(20_000);
    }
    // Sinks what the product logs, but not before it was written down: that is a part of its work.
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new("info,sqlx=error"))
        .with_writer(std::io::sink)
        .init();
    let databases = args
        .database
        .map_or_else(|| DbKind::value_variants().to_vec(), |one| vec![one]);
    let folder = tempfile::Builder::new().prefix("autolynx-bench.").tempdir()?;
    let bench = Bench {
        args,
        databases,
        folder,
    };

    let mut sections = Vec::new();
    bench.show(&mut sections, machine::measure(bench.folder.path())?);
    for workload in Workload::value_variants() {
        if bench.args.only.is_empty() || bench.args.only.contains(workload) {
            for section in bench.measure(*workload).await? {
                bench.show(&mut sections, section);
            }
        }
    }
    if bench.args.json {
        let object: serde_json::Map<_, _> = sections
            .iter()
            .map(|section| (section.key.to_owned(), section.json()))
            .collect();
        println!("{}", serde_json::Value::Object(object));
    }
    Ok(())
}

/// Runs one workload on a fresh database of each kind, and removes the database whatever comes of it.
macro_rules! on_each {
    ($bench:expr, $name:literal, |$database:ident| $measured:expr) => {{
        let mut columns = Vec::new();
        for kind in &$bench.databases {
            let $database = $bench.fresh(*kind, $name).await?;
            let measured = $measured.await;
            $database.remove().await?;
            columns.push((kind.title(), measured?));
        }
        columns
    }};
}

impl Bench {
    fn show(&self, sections: &mut Vec<Section>, section: Section) {
        if !self.args.json {
            print!("{}", section.table());
        }
        sections.push(section);
    }

    async fn fresh(&self, kind: DbKind, name: &str) -> anyhow::Result<Database> {
        eprintln!("measuring {name} on {} …", kind.title());
        Database::fresh(kind, name, &self.args.postgres, self.folder()).await
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn measure(&self, workload: Workload) -> anyhow::Result<Vec<Section>> {
        let args = &self.args;
        Ok(match workload {
            Workload::Import => {
                let columns = on_each!(self, "import", |database| import::measure(&database, args.rows));
                vec![import_section(args, columns)]
            }
            Workload::Webhooks => {
                let columns = on_each!(self, "webhooks", |database| webhooks::measure(
                    &database, args.calls
                ));
                vec![webhooks_section(columns)]
            }
            Workload::Scale => {
                let (claims, queries) = if args.quick { (30, 3) } else { (300, 9) };
                let repeats = Repeats { claims, queries };
                let both = on_each!(self, "scale", |database| scale::measure(
                    &database,
                    args.contacts,
                    repeats
                ));
                let (claims, pages) = both
                    .into_iter()
                    .map(|(name, (claims, pages))| ((name, claims), (name, pages)))
                    .unzip();
                vec![claim_section(claims), pages_section(pages)]
            }
            Workload::Refill => {
                let refills = if args.quick { 50 } else { 500 };
                let columns = on_each!(self, "refill", |database| refill::measure(&database, refills));
                vec![refill_section(columns)]
            }
        })
    }
}

fn import_section(args: &Args, columns: Vec<Column>) -> Section {
    Section {
        key: "import",
        title: format!("Import of a list of {} rows", args.rows),
        notes: vec![
            "One thread parses while the rows before are stored, all in one transaction. Medians of three rounds.".to_owned(),
        ],
        columns,
    }
}

fn webhooks_section(columns: Vec<Column>) -> Section {
    Section {
        key: "webhooks",
        title: format!(
            "Webhooks over {} TCP connections: three status updates of {} bytes to one report of {}",
            webhooks::CONNECTIONS,
            bodies::STATUS_BYTES,
            bodies::REPORT_BYTES,
        ),
        notes: vec![
            "The load generator, the server and Postgres share the cores of this machine.".to_owned(),
            "Every request is authenticated, and answered after its commit.".to_owned(),
        ],
        columns,
    }
}

fn claim_section(columns: Vec<Column>) -> Section {
    Section {
        key: "claim",
        title: "Claim of 8 lines, nine tenths of the contacts called".to_owned(),
        notes: vec![
            "The anti-join is a mere SELECT of the contacts without a call, in order; the claim also writes and commits."
                .to_owned(),
        ],
        columns,
    }
}

fn pages_section(columns: Vec<Column>) -> Section {
    Section {
        key: "pages",
        title: "Queries of pages, nine tenths of the contacts called".to_owned(),
        notes: vec!["Counts are taken afresh from indexes, so they grow with the campaign.".to_owned()],
        columns,
    }
}

fn refill_section(columns: Vec<Column>) -> Section {
    Section {
        key: "refill",
        title: "Refill of a freed line, with a provider that answers at once".to_owned(),
        notes: Vec::new(),
        columns,
    }
}
