//! Running programs, and where things lie.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Cargo's target folder; tools and temporary data live there, too.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The triple of this machine, as the compiler names it.
pub(crate) fn host() -> Result<String> {
    let version = Shell::new("rustc").arg("-vV").output()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// The Python environment for tests and checks.
pub(crate) fn venv() -> PathBuf {
    target().join("venv")
}

/// The Python environment with the engines that answers are compared with.
pub(crate) fn venv_peers() -> PathBuf {
    target().join("venv-peers")
}

/// The Python of [`venv`].
pub(crate) fn python() -> PathBuf {
    venv().join("bin/python")
}

/// Where a program is found on the caller's own path.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// As it is shipped; absolute figures hold for this one.
    Dist,
}

impl Profile {
    /// Takes `--profile NAME` out of the arguments.
    pub(crate) fn take(arguments: &[String]) -> Result<(Option<Self>, Vec<String>)> {
        let mut rest = arguments.to_vec();
        let Some(at) = rest.iter().position(|argument| argument == "--profile") else {
            return Ok((None, rest));
        };
        let profile = match rest.get(at + 1).map(String::as_str) {
            Some("dev") => Self::Dev,
            Some("dist") => Self::Dist,
            other => bail!("--profile takes dev or dist, not {other:?}"),
        };
        rest.drain(at..at + 2);
        Ok((Some(profile), rest))
    }

    /// Builds the binary and says where it is.
    ///
    /// Always the whole workspace: a build of one package may turn off features far below and
    /// then builds the engines a second time.
    pub(crate) fn build(self) -> Result<PathBuf> {
        let folder = match self {
            Self::Dev => "debug",
            Self::Dist => "dist",
        };
        Shell::new(cargo())
            .args(["build", "--workspace", "--bins", "--profile", self.name()])
            .run()?;
        Ok(target().join(folder).join("hedgerow"))
    }

    /// Cargo's name of the profile.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Dist => "dist",
        }
    }
}

/// A program to run, from the repository's root unless told otherwise.
#[derive(Debug)]
pub(crate) struct Shell {
    command: Command,
}

impl Shell {
    /// The tools of [`venv`] come first on its path, and nothing comes from standard input.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(venv().join("bin")).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command
            .env("HEDGEROW_PYTHON", python())
            .env("HEDGEROW_PEERS_PYTHON", venv_peers().join("bin/python"))
            .current_dir(root())
            .stdin(Stdio::null());
        Self { command }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub(crate) fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The command itself, for what this type does not do.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    fn shown(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }

    /// Runs it with its output shown; an exit code other than 0 is an error.
    pub(crate) fn run(mut self) -> Result<()> {
        let shown = self.shown();
        let status = self.command.status().with_context(|| format!("starting `{shown}`"))?;
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    }

    /// Runs it and returns what it wrote to standard output.
    pub(crate) fn output(mut self) -> Result<String> {
        let shown = self.shown();
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("starting `{shown}`"))?;
        if !output.status.success() {
            bail!(
                "`{shown}` ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stdout).trim()
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs it and returns its exit code and standard output, whatever the code; its errors are
    /// shown.
    pub(crate) fn exit_code(mut self) -> Result<(i32, String)> {
        let shown = self.shown();
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("starting `{shown}`"))?;
        let code = output
            .status
            .code()
            .with_context(|| format!("`{shown}` was ended by a signal"))?;
        Ok((code, String::from_utf8(output.stdout)?))
    }

    /// The same with its errors not shown, for programs that tell there how far they are.
    pub(crate) fn exit_code_quietly(mut self) -> Result<(i32, String)> {
        self.command.stderr(Stdio::null());
        let shown = self.shown();
        let output = self.command.output().with_context(|| format!("starting `{shown}`"))?;
        let code = output
            .status
            .code()
            .with_context(|| format!("`{shown}` was ended by a signal"))?;
        Ok((code, String::from_utf8(output.stdout)?))
    }

    /// Runs it with its output shown, and gives each line of standard error to `look`.
    pub(crate) fn run_watched(mut self, mut look: impl FnMut(&str)) -> Result<()> {
        let shown = self.shown();
        let mut child = self
            .command
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting `{shown}`"))?;
        let stderr = child.stderr.take().context("no standard error")?;
        for line in BufReader::new(stderr).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            eprintln!("{line}");
            look(&line);
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    }
}
