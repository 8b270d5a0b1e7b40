//! Where settings come from: flags, environment, file.

use super::SettingsError;
use super::table::{Holds, PREFIX, SETTINGS, Setting};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Variables that begin like settings and belong to building and testing.
const NOT_SETTINGS: [&str; 2] = ["HELIOGRAPH_TARGET", "HELIOGRAPH_CLIENT_TESTS"];

/// The file's name in the data folder.
const FILE: &str = "heliograph.toml";

/// A setting as it was written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The values; one, except where [`Holds::Several`] are allowed.
    pub values: Vec<String>,
    /// Where it was written, as an error names it: `--listen`.
    pub place: String,
}

type Layer = BTreeMap<&'static str, Written>;

/// The flags of settings on a command line.
#[derive(Clone, Debug, Default)]
pub struct Flags(Layer);

impl Flags {
    /// Flags as they are read from a command line, for tests and for commands that start others.
    pub fn parse(arguments: &[&str]) -> Result<Self, clap::Error> {
        let command = <Self as Args>::augment_args(Command::new("serve").no_binary_name(true));
        let mut matches = command.try_get_matches_from(arguments)?;
        <Self as FromArgMatches>::from_arg_matches_mut(&mut matches)
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS
            .iter()
            .fold(command, |command, setting| command.arg(flag(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &Setting) -> Arg {
    let by_file = if setting.finds_the_file {
        String::new()
    } else {
        format!(", or `{}` in heliograph.toml", setting.key)
    };
    let action = match setting.holds {
        Holds::One => ArgAction::Set,
        Holds::Several => ArgAction::Append,
    };
    Arg::new(setting.key)
        .long(setting.key)
        .value_name(setting.value)
        .action(action)
        .help(format!("{} [default: {}]", setting.help, setting.default))
        .long_help(format!(
            "{} {}\n\nDefault: {}. Also: {}{by_file}",
            setting.help,
            setting.more,
            setting.default,
            setting.variable(),
        ))
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Flags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in SETTINGS {
            // A command may offer some of the flags only.
            let given = matches.try_get_many::<String>(setting.key);
            if let Ok(Some(values)) = given {
                let written = Written {
                    values: split(setting, values.map(String::as_str)),
                    place: format!("--{}", setting.key),
                };
                self.0.insert(setting.key, written);
            }
        }
        Ok(())
    }
}

/// Everything that was set, the strongest place first.
pub(super) struct Sources {
    layers: [Layer; 3],
}

impl Sources {
    /// Puts the places together and reads the file, where there is one.
    pub fn gather(
        flags: Flags,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let environment = from_environment(environment)?;
        let mut sources = Sources {
            layers: [flags.0, environment, Layer::new()],
        };
        let named = sources.one("config").map(|(path, _)| path);
        let path = match named {
            Some(path) => PathBuf::from(path),
            None => sources.data().join(FILE),
        };
        match fs::read_to_string(&path) {
            Ok(text) => sources.layers[2] = from_file(&path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => return Err(SettingsError::File { path, error }),
        }
        Ok(sources)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.one("data").map_or("./data", |(path, _)| path).into()
    }

    /// How a setting was written in the strongest place that has it.
    pub fn written(&self, key: &str) -> Option<&Written> {
        debug_assert!(Setting::find(key).is_some(), "{key} is not in the table");
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// The value of a setting that holds one, and where it was written.
    pub fn one(&self, key: &str) -> Option<(&str, &str)> {
        let written = self.written(key)?;
        let value = written.values.last()?;
        Some((value, &written.place))
    }
}

fn from_environment(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Layer, SettingsError> {
    let mut layer = Layer::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        if NOT_SETTINGS.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) else {
            let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
            return Err(SettingsError::Unknown {
                place: name.to_owned(),
                known: known.join(", "),
            });
        };
        let Some(value) = value.to_str() else {
            return Err(SettingsError::Bad {
                place: name.to_owned(),
                value: "(not UTF-8)".into(),
                allowed: setting.value.into(),
            });
        };
        let written = Written {
            values: split(setting, [value]),
            place: name.to_owned(),
        };
        layer.insert(setting.key, written);
    }
    Ok(layer)
}

fn from_file(path: &Path, text: &str) -> Result<Layer, SettingsError> {
    let malformed = |error: &toml::de::Error| SettingsError::Syntax {
        path: path.to_owned(),
        // The library's own display repeats the line, and with it a secret.
        reason: error.message().to_owned(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
    };
    let table: toml::Table = text.parse().map_err(|error| malformed(&error))?;
    let mut layer = Layer::new();
    for (key, value) in table {
        let place = format!("{key} in {}", path.display());
        let in_file = SETTINGS.iter().filter(|setting| !setting.finds_the_file);
        let Some(setting) = in_file.clone().find(|setting| setting.key == key) else {
            let known: Vec<&str> = in_file.map(|setting| setting.key).collect();
            return Err(SettingsError::Unknown {
                place,
                known: known.join(", "),
            });
        };
        let values = match value {
            toml::Value::Array(values) if setting.holds == Holds::Several => {
                values.into_iter().map(scalar).collect()
            }
            value => scalar(value).map(|value| split(setting, [value.as_str()])),
        };
        let Some(values) = values else {
            return Err(SettingsError::Bad {
                place,
                value: "(neither text nor number)".into(),
                allowed: setting.value.into(),
            });
        };
        layer.insert(setting.key, Written { values, place });
    }
    Ok(layer)
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn split<'a>(setting: &Setting, values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let values = values.into_iter();
    match setting.holds {
        Holds::One => values.map(str::to_owned).collect(),
        Holds::Several => values
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.lines().count().max(1)
}
