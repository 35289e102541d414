//! What the machine can do: everything else is read against it.

use std::{fs::File, io::Write, path::Path};

use crate::{
    report::{Measure, Section},
    timing::{Latencies, Stopwatch},
};

const SYNCS: usize = 500;

/// Measures what a commit to the disk costs at least.
pub(crate) fn measure(folder: &Path) -> anyhow::Result<Section> {
    let cores = std::thread::available_parallelism()?.get();
    let syncs = syncs(folder)?;
    let mut notes = vec![format!(
        "A sync is 4 KiB appended to a file in {} and fdatasync.",
        folder.display()
    )];
    if let Some(load) = load_average()
        && load > 0.5
    {
        notes.push(format!(
            "Other programs keep {load:.1} cores busy: do not trust these numbers, and repeat the run on a quiet machine."
        ));
    }
    Ok(Section {
        key: "machine",
        title: "The machine".to_owned(),
        notes,
        columns: vec![(
            "Machine",
            vec![
                Measure::count("cores", "cores", cores),
                Measure::ms("sync_p50_ms", "sync to disk, median", syncs.median_ms()),
                Measure::ms(
                    "sync_p99_ms",
                    "sync to disk, 99 of 100 within",
                    syncs.quantile_ms(0.99),
                ),
            ],
        )],
    })
}

/// How many programs wanted a core during the last minute, where the system tells.
fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

fn syncs(folder: &Path) -> std::io::Result<Latencies> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let block = [7_u8; 4096];
    let mut latencies = Latencies::default();
    for _ in 0..SYNCS {
        let watch = Stopwatch::start();
        file.write_all(&block)?;
        file.sync_data()?;
        latencies.add(watch.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(latencies)
}
