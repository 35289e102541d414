//! What the demo shows in the terminal. With `--json` nothing but one object on standard output.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    DemoArgs,
    campaign::{Snapshot, Started},
    report::Report,
};
use crate::terminal::say;

/// The terminal's side of the demo.
pub(crate) struct Show {
    json: bool,
    contacts: ProgressBar,
    lines: ProgressBar,
    outcomes: ProgressBar,
}

impl Show {
    /// With `json` everything but the object is left unsaid.
    pub(crate) fn new(json: bool) -> Self {
        let target = if json {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bars = MultiProgress::with_draw_target(target);
        let style = |template: &str| {
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━━─")
        };
        let contacts = bars.add(ProgressBar::new(0));
        contacts.set_style(style(
            "  contacts  {bar:40.green} {pos:>5} of {len}  {elapsed_precise}",
        ));
        let lines = bars.add(ProgressBar::new(0));
        lines.set_style(style("  lines     {bar:40.cyan} {pos:>5} of {len}  {msg}"));
        let outcomes = bars.add(ProgressBar::new(0));
        outcomes.set_style(style("  {msg}"));
        Self {
            json,
            contacts,
            lines,
            outcomes,
        }
    }

    /// Says what is going to happen.
    pub(crate) fn opening(&self, url: &str, args: &DemoArgs) -> anyhow::Result<()> {
        self.lines.set_length(u64::from(args.cap));
        if !self.json {
            say("AutoLynx demo: a campaign on the built-in provider. No real calls are made.")?;
            say(format!("Dashboard: {url}/\n"))?;
        }
        Ok(())
    }

    /// Says what became of the list.
    pub(crate) fn imported(&self, started: &Started) -> anyhow::Result<()> {
        self.contacts.set_length(started.accepted);
        if self.json {
            return Ok(());
        }
        say(format!(
            "{} rows: {} accepted, {} rejected, {} duplicates.",
            started.rows, started.accepted, started.rejected, started.duplicates
        ))?;
        for example in &started.examples {
            say(format!("  {example}"))?;
        }
        let told = started.examples.len() as u64;
        let more = (started.rejected + started.duplicates).saturating_sub(told);
        if more > 0 {
            say(format!("  … and {more} more; the campaign's page has them all"))?;
        }
        say("")
    }

    /// Moves the bars.
    pub(crate) fn progress(&self, snapshot: &Snapshot) {
        let count = |state: &str| snapshot.progress.contacts.get(state).copied().unwrap_or(0);
        self.contacts.set_position(count("done") + count("skipped"));
        self.lines.set_position(snapshot.open_calls);
        let facts: Vec<String> = snapshot
            .progress
            .facts
            .iter()
            .map(|(way, facts)| format!("{facts} {way}"))
            .collect();
        self.lines.set_message(format!("facts: {}", facts.join(", ")));
        let outcomes: Vec<String> = snapshot
            .progress
            .outcomes
            .iter()
            .map(|(outcome, calls)| format!("{outcome} {calls}"))
            .collect();
        self.outcomes.set_message(outcomes.join("  "));
    }

    /// Shows the summary.
    pub(crate) fn report(&self, report: &Report) -> anyhow::Result<()> {
        for bar in [&self.contacts, &self.lines, &self.outcomes] {
            bar.finish_and_clear();
        }
        if self.json {
            return say(serde_json::to_string(report)?);
        }
        say(table(report))
    }

    /// Says how to go on.
    pub(crate) fn waiting(&self, url: &str) -> anyhow::Result<()> {
        say(format!(
            "\nThe dashboard stays open at {url}/ until you press Ctrl-C."
        ))
    }
}

fn table(report: &Report) -> String {
    let verdict = |kept: bool| if kept { "kept" } else { "BROKEN" };
    let join = |counts: &std::collections::BTreeMap<String, u64>| {
        counts
            .iter()
            .map(|(key, count)| format!("{key} {count}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let minutes = |ms: i64| format!("{}:{:02} min", ms / 60_000, ms / 1_000 % 60);
    let rows = [
        (
            "Contacts",
            format!("{} of {} final", report.contacts_final, report.accepted),
        ),
        ("Calls placed", report.calls.to_string()),
        ("Outcomes", join(&report.outcomes)),
        ("Facts came by", join(&report.facts)),
        ("Cost", format!("${}", report.cost_usd)),
        (
            "Time at the provider",
            format!(
                "{}, ideal {}",
                minutes(report.makespan_ms),
                minutes(report.ideal_ms)
            ),
        ),
        (
            "Lines kept busy",
            format!("{:.1} %", report.line_utilisation * 100.0),
        ),
        (
            "Never over",
            format!(
                "{}: peak {} of {}",
                verdict(report.peak_live <= report.cap),
                report.peak_live,
                report.cap
            ),
        ),
        (
            "Never twice",
            format!(
                "{}: {} dialled twice",
                verdict(report.dialled_twice == 0),
                report.dialled_twice
            ),
        ),
        (
            "One call a person",
            match report.called_while_live {
                0 => "kept: nobody was called while a call to them was live".to_owned(),
                calls => format!("BROKEN: {calls} calls to people while a call to them was live"),
            },
        ),
        (
            "Nobody lost",
            verdict(report.contacts_final == report.accepted).to_owned(),
        ),
        (
            "One log",
            format!("{}: replay equals live", verdict(report.replay_equals_live)),
        ),
        (
            "Faults injected",
            if report.faults_injected.is_empty() {
                "none".to_owned()
            } else {
                join(&report.faults_injected)
            },
        ),
    ];
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows
        .iter()
        .map(|(label, value)| format!("  {label:width$}  {value}"))
        .collect();
    lines.join("\n")
}
