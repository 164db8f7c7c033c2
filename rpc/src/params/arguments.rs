//! Reads the positional parameters of a call.
//!
//! As on Solana, trailing parameters may be missing or `null` and unknown members of a configuration object are
//! ignored. An invalid parameter is answered with -32602 and its name.
//!
//! Cost: the text is parsed once, into values by position; each value is then moved into its type, so no text is read a
//! second time and no string is copied.

use std::fmt::Display;
use std::str::FromStr;

use isobath_sdk::{Hash, Pubkey, Signature};
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::errors::RpcFailure;

/// The parameters of one call, by position.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Vec<Value>);

impl Arguments {
    /// Splits the parameters of a call that takes at most `count_max` of them.
    pub(crate) fn parse(params: &Params<'_>, count_max: usize) -> Result<Self, RpcFailure> {
        if params.is_object() {
            return Err(RpcFailure::InvalidParams(
                "Invalid params: `params` must be an array".to_owned(),
            ));
        }
        let values = params
            .parse::<Option<Vec<Value>>>()
            .map_err(|error| invalid("params", &error.message()))?;
        let values = values.unwrap_or_default();
        if values.len() > count_max {
            let text = format!(
                "Invalid params: expected at most {count_max} parameters, got {}",
                values.len()
            );
            return Err(RpcFailure::InvalidParams(text));
        }
        Ok(Self(values))
    }

    /// A required parameter. Each position is read once.
    pub(crate) fn required<T: DeserializeOwned>(
        &mut self,
        index: usize,
        name: &str,
    ) -> Result<T, RpcFailure> {
        match self.take(index) {
            Value::Null => Err(invalid(name, &"missing")),
            value => serde_json::from_value(value).map_err(|error| invalid(name, &error)),
        }
    }

    /// An optional parameter, which may be missing or `null`.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        index: usize,
        name: &str,
    ) -> Result<Option<T>, RpcFailure> {
        match self.take(index) {
            Value::Null => Ok(None),
            value => serde_json::from_value(value)
                .map(Some)
                .map_err(|error| invalid(name, &error)),
        }
    }

    /// The configuration object at `index`; its defaults when it is missing.
    pub(crate) fn config<T: DeserializeOwned + Default>(&mut self, index: usize) -> Result<T, RpcFailure> {
        // The deserialiser would also take a list as the members in their order.
        if self.0.get(index).is_some_and(Value::is_array) {
            return Err(invalid("config", &"a list, not an object"));
        }
        Ok(self.optional(index, "config")?.unwrap_or_default())
    }

    /// The configuration at `index`: an object, or in the oldest form only the name of the encoding.
    pub(crate) fn config_or_encoding<T: DeserializeOwned + Default>(
        &mut self,
        index: usize,
    ) -> Result<T, RpcFailure> {
        let object = match self.take(index) {
            Value::Null => return Ok(T::default()),
            encoding @ Value::String(_) => json!({ "encoding": encoding }),
            object => object,
        };
        serde_json::from_value(object).map_err(|error| invalid("config", &error))
    }

    /// The optional number at `index`. A configuration object there is moved to the next position: clients leave
    /// optional numbers out.
    pub(crate) fn number_or_shift(&mut self, index: usize, name: &str) -> Result<Option<u64>, RpcFailure> {
        if self.0.get(index).is_some_and(Value::is_object) {
            self.0.insert(index, Value::Null);
        }
        self.optional(index, name)
    }

    /// The address at `index`.
    pub(crate) fn pubkey(&mut self, index: usize, name: &str) -> Result<Pubkey, RpcFailure> {
        parse_text(&self.required::<String>(index, name)?, name)
    }

    /// The signature at `index`.
    pub(crate) fn signature(&mut self, index: usize, name: &str) -> Result<Signature, RpcFailure> {
        parse_text(&self.required::<String>(index, name)?, name)
    }

    /// The hash at `index`.
    pub(crate) fn hash(&mut self, index: usize, name: &str) -> Result<Hash, RpcFailure> {
        parse_text(&self.required::<String>(index, name)?, name)
    }

    /// The list of at most `count_max` texts at `index`, each parsed.
    pub(crate) fn list<T>(&mut self, index: usize, name: &str, count_max: usize) -> Result<Vec<T>, RpcFailure>
    where
        T: FromStr,
        T::Err: Display,
    {
        let texts: Vec<String> = self.required(index, name)?;
        if texts.len() > count_max {
            return Err(RpcFailure::InvalidParams(format!(
                "Too many inputs provided; max {count_max}"
            )));
        }
        texts.iter().map(|text| parse_text(text, name)).collect()
    }

    fn take(&mut self, index: usize) -> Value {
        self.0.get_mut(index).map_or(Value::Null, Value::take)
    }
}

/// Parses one text of a parameter.
pub(crate) fn parse_text<T>(text: &str, name: &str) -> Result<T, RpcFailure>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| invalid(name, &error))
}

fn invalid(name: &str, reason: &dyn Display) -> RpcFailure {
    RpcFailure::parameter(name, reason)
}

#[cfg(test)]
mod tests;
