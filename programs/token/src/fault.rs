//! Why an instruction fails: a check of the program, which it logs, or an account rule, which it does not.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::program::Frame;

/// An error, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A check of the program.
    Check(InstructionError),
    /// Anything else, above all a rule of the runtime.
    Rule(InstructionError),
}

impl Fault {
    /// Fewer accounts than the instruction has.
    pub(crate) const NOT_ENOUGH_ACCOUNTS: Self = Self::Check(InstructionError::NotEnoughAccountKeys);
    /// The account is of another program.
    pub(crate) const INCORRECT_PROGRAM: Self = Self::Check(InstructionError::IncorrectProgramId);
    /// The data has another length or a byte that means nothing.
    pub(crate) const INVALID_DATA: Self = Self::Check(InstructionError::InvalidAccountData);
    /// The account is not initialized.
    pub(crate) const UNINITIALIZED: Self = Self::Check(InstructionError::UninitializedAccount);
    /// A key is not one that the instruction accepts, or a text is not a number.
    pub(crate) const INVALID_ARGUMENT: Self = Self::Check(InstructionError::InvalidArgument);
    /// A required signature is missing.
    pub(crate) const NOT_SIGNED: Self = Self::Check(InstructionError::MissingRequiredSignature);

    /// The error that ends the instruction; logs it if the program found it.
    pub(crate) fn report(self, frame: &mut Frame<'_>) -> InstructionError {
        match self {
            Self::Check(error) => {
                match error {
                    InstructionError::Custom(code) => log_custom(frame, code),
                    // The names of the program's errors are those of the runtime's.
                    error => frame.log_message(&format!("Error: {error:?}")),
                }
                error
            }
            Self::Rule(error) => error,
        }
    }
}

fn log_custom(frame: &mut Frame<'_>, code: u32) {
    if let Some(error) = TokenError::from_code(code) {
        frame.log_message(&format!("Error: {error}"));
    }
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        Self::Check(error.into())
    }
}

impl From<InstructionError> for Fault {
    fn from(error: InstructionError) -> Self {
        Self::Rule(error)
    }
}
