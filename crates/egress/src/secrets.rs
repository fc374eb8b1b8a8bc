//! Secrets by name: from a file that only the operator writes, or from the environment.

use std::fmt;
use std::path::Path;

use hedgerow_agent_api::egress::secret_names;
use hedgerow_errors::{Code, Error, Result};
use toml::{Table, Value};

/// What the name of a secret has before it in the environment, so that a product can't ask for other variables.
const PREFIX: &str = "HEDGEROW_SECRET_";

/// A variable of the environment by its name.
type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The secrets of a data folder. The file is read at each use: a new secret needs no restart.
pub struct Secrets {
    file: std::path::PathBuf,
    environment: Box<Environment>,
}

/// A header's value with its secrets in it, and these secrets with their names, to be taken out of an answer.
pub(crate) struct Filled {
    pub(crate) value: String,
    pub(crate) used: Vec<(String, String)>,
}

impl Secrets {
    /// The secrets of `file` (TOML: `NAME = "..."`, or the same below `[product]` for one product only), then those
    /// of the environment, where they are called `HEDGEROW_SECRET_NAME`.
    pub fn new(file: &Path, environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            file: file.to_owned(),
            environment: Box::new(environment),
        }
    }

    /// Puts the secrets that a value refers to in their places.
    pub(crate) fn fill(&self, product: &str, value: &str) -> Result<Filled> {
        let mut filled = Filled {
            value: value.to_owned(),
            used: Vec::new(),
        };
        for name in secret_names(value)? {
            let secret = self.get(product, name)?;
            filled.value = filled.value.replace(&format!("${{secret:{name}}}"), &secret);
            filled.used.push((name.to_owned(), secret));
        }
        Ok(filled)
    }

    fn get(&self, product: &str, name: &str) -> Result<String> {
        let table = self.read()?;
        let text = |table: &Table| table.get(name).and_then(Value::as_str).map(str::to_owned);
        let own = table.get(product).and_then(Value::as_table).and_then(text);
        let found = own
            .or_else(|| text(&table))
            .or_else(|| (self.environment)(&format!("{PREFIX}{name}")));
        found.filter(|secret| !secret.is_empty()).ok_or_else(|| {
            Error::new(Code::UnknownName, format!("the secret {name} is not set")).with_hint(format!(
                "write {name} = \"...\" into {} or set {PREFIX}{name}",
                self.file.file_name().unwrap_or_default().to_string_lossy()
            ))
        })
    }

    fn read(&self) -> Result<Table> {
        if !self.file.exists() {
            return Ok(Table::new());
        }
        let text = fs_err::read_to_string(&self.file)?;
        // The error of the parser quotes the line, and so the secret.
        toml::from_str(&text).map_err(|_| {
            Error::invalid("the file of secrets can't be read").with_hint("it holds lines such as NAME = \"...\"")
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}
