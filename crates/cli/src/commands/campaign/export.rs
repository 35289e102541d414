//! `autolynx campaign export`: the result of a campaign as a file.

use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind, Seek},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::{
    api::{Api, count, text},
    signals::stop_on_signal,
    terminal,
};

/// Of which campaign, and where to.
#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    id: String,
    /// A file, there once all of it is, in place of an earlier one; a new one only you can read [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Instead, the rows of its lists that could not be used
    #[arg(long)]
    problems: bool,
}

/// Writes it. Nothing is written when not all of it comes.
pub(super) async fn run(api: &Api, args: &ExportArgs) -> anyhow::Result<()> {
    let file = if args.problems { "problems" } else { "export" };
    let path = format!("/api/campaigns/{}/{file}.csv", args.id);
    let Some(output) = &args.output else {
        return print(api, &path).await;
    };
    let stop = stop_on_signal();
    let saved = tokio::select! {
        saved = save(api, &path, output) => saved,
        () = stop.cancelled() => Err(anyhow::anyhow!("stopped")),
    };
    let bytes = saved.with_context(|| format!("{} is not written", output.display()))?;
    let answer = json!({ "file": output.to_string_lossy(), "bytes": bytes });
    api.show(&answer, |answer| {
        format!(
            "{} bytes written to {}.",
            count(answer, "bytes"),
            text(answer, "file")
        )
    })
}

/// Kept in a file without a name until all of it is there: whoever reads on cannot tell half a list from a short one.
async fn print(api: &Api, path: &str) -> anyhow::Result<()> {
    let mut whole = tempfile::tempfile().context("no room for the file")?;
    api.download(path, &mut whole).await?;
    whole.rewind().context("the file cannot be read")?;
    terminal::copy(&mut whole)
}

/// Written beside its place under another name, and moved there when it is whole and on the disk.
async fn save(api: &Api, path: &str, output: &Path) -> anyhow::Result<u64> {
    let (place, permissions) = place(output)?;
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut part = tempfile::Builder::new()
        .prefix(".autolynx-")
        .suffix(".part")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .context("nothing can be written in that folder")?;
    let bytes = api.download(path, &mut part).await?;
    settle(part, &place, permissions).context("the file cannot be written")?;
    Ok(bytes)
}

/// Where the file really lies, and who may read it, if it is there already.
fn place(output: &Path) -> anyhow::Result<(PathBuf, Option<Permissions>)> {
    match fs::metadata(output) {
        Ok(there) if there.is_file() => Ok((output.canonicalize()?, Some(there.permissions()))),
        // A device or a pipe would be replaced by the file.
        Ok(_) => bail!("it is no plain file; without --output the file goes to standard output"),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((output.to_owned(), None)),
        Err(error) => Err(error.into()),
    }
}

fn settle(part: NamedTempFile, place: &Path, permissions: Option<Permissions>) -> io::Result<()> {
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    part.as_file().sync_all()?;
    part.persist(place)?;
    Ok(())
}
