//! Every error of the protocol, pinned: code, JSON, text, bincode and borsh.

use isobath_sdk::{DecodeError, InstructionError, TransactionError};

/// JSON and text of every transaction error, in the order of their codes.
const TRANSACTION_ERRORS: [(&str, &str); 40] = [
    (r#""AccountInUse""#, "Account in use"),
    (r#""AccountLoadedTwice""#, "Account loaded twice"),
    (
        r#""AccountNotFound""#,
        "Attempt to debit an account but found no record of a prior credit.",
    ),
    (
        r#""ProgramAccountNotFound""#,
        "Attempt to load a program that does not exist",
    ),
    (r#""InsufficientFundsForFee""#, "Insufficient funds for fee"),
    (
        r#""InvalidAccountForFee""#,
        "This account may not be used to pay transaction fees",
    ),
    (
        r#""AlreadyProcessed""#,
        "This transaction has already been processed",
    ),
    (r#""BlockhashNotFound""#, "Blockhash not found"),
    (
        r#"{"InstructionError":[0,{"Custom":0}]}"#,
        "Error processing Instruction 0: custom program error: 0x0",
    ),
    (r#""CallChainTooDeep""#, "Loader call chain is too deep"),
    (
        r#""MissingSignatureForFee""#,
        "Transaction requires a fee but has no signature present",
    ),
    (
        r#""InvalidAccountIndex""#,
        "Transaction contains an invalid account reference",
    ),
    (
        r#""SignatureFailure""#,
        "Transaction did not pass signature verification",
    ),
    (
        r#""InvalidProgramForExecution""#,
        "This program may not be used for executing instructions",
    ),
    (
        r#""SanitizeFailure""#,
        "Transaction failed to sanitize accounts offsets correctly",
    ),
    (
        r#""ClusterMaintenance""#,
        "Transactions are currently disabled due to cluster maintenance",
    ),
    (
        r#""AccountBorrowOutstanding""#,
        "Transaction processing left an account with an outstanding borrowed reference",
    ),
    (
        r#""WouldExceedMaxBlockCostLimit""#,
        "Transaction would exceed max Block Cost Limit",
    ),
    (r#""UnsupportedVersion""#, "Transaction version is unsupported"),
    (
        r#""InvalidWritableAccount""#,
        "Transaction loads a writable account that cannot be written",
    ),
    (
        r#""WouldExceedMaxAccountCostLimit""#,
        "Transaction would exceed max account limit within the block",
    ),
    (
        r#""WouldExceedAccountDataBlockLimit""#,
        "Transaction would exceed account data limit within the block",
    ),
    (r#""TooManyAccountLocks""#, "Transaction locked too many accounts"),
    (
        r#""AddressLookupTableNotFound""#,
        "Transaction loads an address table account that doesn't exist",
    ),
    (
        r#""InvalidAddressLookupTableOwner""#,
        "Transaction loads an address table account with an invalid owner",
    ),
    (
        r#""InvalidAddressLookupTableData""#,
        "Transaction loads an address table account with invalid data",
    ),
    (
        r#""InvalidAddressLookupTableIndex""#,
        "Transaction address table lookup uses an invalid index",
    ),
    (
        r#""InvalidRentPayingAccount""#,
        "Transaction leaves an account with a lower balance than rent-exempt minimum",
    ),
    (
        r#""WouldExceedMaxVoteCostLimit""#,
        "Transaction would exceed max Vote Cost Limit",
    ),
    (
        r#""WouldExceedAccountDataTotalLimit""#,
        "Transaction would exceed total account data limit",
    ),
    (
        r#"{"DuplicateInstruction":0}"#,
        "Transaction contains a duplicate instruction (0) that is not allowed",
    ),
    (
        r#"{"InsufficientFundsForRent":{"account_index":0}}"#,
        "Transaction results in an account (0) with insufficient funds for rent",
    ),
    (
        r#""MaxLoadedAccountsDataSizeExceeded""#,
        "Transaction exceeded max loaded accounts data size cap",
    ),
    (
        r#""InvalidLoadedAccountsDataSizeLimit""#,
        "LoadedAccountsDataSizeLimit set for transaction must be greater than 0.",
    ),
    (r#""ResanitizationNeeded""#, "ResanitizationNeeded"),
    (
        r#"{"ProgramExecutionTemporarilyRestricted":{"account_index":0}}"#,
        "Execution of the program referenced by account at index 0 is temporarily restricted.",
    ),
    (
        r#""UnbalancedTransaction""#,
        "Sum of account balances before and after transaction do not match",
    ),
    (r#""ProgramCacheHitMaxLimit""#, "Program cache hit max limit"),
    (r#""CommitCancelled""#, "CommitCancelled"),
    (r#""BailOut""#, "BailOut"),
];

/// JSON and text of every instruction error, in the order of their codes.
const INSTRUCTION_ERRORS: [(&str, &str); 55] = [
    (r#""GenericError""#, "generic instruction error"),
    (r#""InvalidArgument""#, "invalid program argument"),
    (r#""InvalidInstructionData""#, "invalid instruction data"),
    (r#""InvalidAccountData""#, "invalid account data for instruction"),
    (
        r#""AccountDataTooSmall""#,
        "account data too small for instruction",
    ),
    (r#""InsufficientFunds""#, "insufficient funds for instruction"),
    (r#""IncorrectProgramId""#, "incorrect program id for instruction"),
    (
        r#""MissingRequiredSignature""#,
        "missing required signature for instruction",
    ),
    (
        r#""AccountAlreadyInitialized""#,
        "instruction requires an uninitialized account",
    ),
    (
        r#""UninitializedAccount""#,
        "instruction requires an initialized account",
    ),
    (
        r#""UnbalancedInstruction""#,
        "sum of account balances before and after instruction do not match",
    ),
    (
        r#""ModifiedProgramId""#,
        "instruction illegally modified the program id of an account",
    ),
    (
        r#""ExternalAccountLamportSpend""#,
        "instruction spent from the balance of an account it does not own",
    ),
    (
        r#""ExternalAccountDataModified""#,
        "instruction modified data of an account it does not own",
    ),
    (
        r#""ReadonlyLamportChange""#,
        "instruction changed the balance of a read-only account",
    ),
    (
        r#""ReadonlyDataModified""#,
        "instruction modified data of a read-only account",
    ),
    (
        r#""DuplicateAccountIndex""#,
        "instruction contains duplicate accounts",
    ),
    (
        r#""ExecutableModified""#,
        "instruction changed executable bit of an account",
    ),
    (
        r#""RentEpochModified""#,
        "instruction modified rent epoch of an account",
    ),
    (
        r#""NotEnoughAccountKeys""#,
        "insufficient account keys for instruction",
    ),
    (
        r#""AccountDataSizeChanged""#,
        "program other than the account's owner changed the size of the account data",
    ),
    (
        r#""AccountNotExecutable""#,
        "instruction expected an executable account",
    ),
    (
        r#""AccountBorrowFailed""#,
        "instruction tries to borrow reference for an account which is already borrowed",
    ),
    (
        r#""AccountBorrowOutstanding""#,
        "instruction left account with an outstanding borrowed reference",
    ),
    (
        r#""DuplicateAccountOutOfSync""#,
        "instruction modifications of multiply-passed account differ",
    ),
    (r#"{"Custom":0}"#, "custom program error: 0x0"),
    (r#""InvalidError""#, "program returned invalid error code"),
    (
        r#""ExecutableDataModified""#,
        "instruction changed executable accounts data",
    ),
    (
        r#""ExecutableLamportChange""#,
        "instruction changed the balance of an executable account",
    ),
    (
        r#""ExecutableAccountNotRentExempt""#,
        "executable accounts must be rent exempt",
    ),
    (r#""UnsupportedProgramId""#, "Unsupported program id"),
    (r#""CallDepth""#, "Cross-program invocation call depth too deep"),
    (
        r#""MissingAccount""#,
        "An account required by the instruction is missing",
    ),
    (
        r#""ReentrancyNotAllowed""#,
        "Cross-program invocation reentrancy not allowed for this instruction",
    ),
    (
        r#""MaxSeedLengthExceeded""#,
        "Length of the seed is too long for address generation",
    ),
    (
        r#""InvalidSeeds""#,
        "Provided seeds do not result in a valid address",
    ),
    (r#""InvalidRealloc""#, "Failed to reallocate account data"),
    (
        r#""ComputationalBudgetExceeded""#,
        "Computational budget exceeded",
    ),
    (
        r#""PrivilegeEscalation""#,
        "Cross-program invocation with unauthorized signer or writable account",
    ),
    (
        r#""ProgramEnvironmentSetupFailure""#,
        "Failed to create program execution environment",
    ),
    (r#""ProgramFailedToComplete""#, "Program failed to complete"),
    (r#""ProgramFailedToCompile""#, "Program failed to compile"),
    (r#""Immutable""#, "Account is immutable"),
    (r#""IncorrectAuthority""#, "Incorrect authority provided"),
    (
        r#""BorshIoError""#,
        "Failed to serialize or deserialize account data",
    ),
    (
        r#""AccountNotRentExempt""#,
        "An account does not have enough lamports to be rent-exempt",
    ),
    (r#""InvalidAccountOwner""#, "Invalid account owner"),
    (r#""ArithmeticOverflow""#, "Program arithmetic overflowed"),
    (r#""UnsupportedSysvar""#, "Unsupported sysvar"),
    (r#""IllegalOwner""#, "Provided owner is not allowed"),
    (
        r#""MaxAccountsDataAllocationsExceeded""#,
        "Accounts data allocations exceeded the maximum allowed per transaction",
    ),
    (r#""MaxAccountsExceeded""#, "Max accounts exceeded"),
    (
        r#""MaxInstructionTraceLengthExceeded""#,
        "Max instruction trace length exceeded",
    ),
    (
        r#""BuiltinProgramsMustConsumeComputeUnits""#,
        "Builtin programs must consume compute units",
    ),
    (r#""BailOut""#, "Block production bailed out"),
];

#[test]
fn transaction_errors_are_pinned() {
    for (code, (json, text)) in (0u32..).zip(TRANSACTION_ERRORS) {
        let error: TransactionError = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&error).unwrap(), json);
        assert_eq!((error.code(), error.to_string().as_str()), (code, text));

        let bincode = error.to_bincode();
        assert_eq!(bincode[..4], code.to_le_bytes());
        assert_eq!(TransactionError::from_bincode(&bincode), Ok(error));
        let borsh = borsh::to_vec(&error).unwrap();
        assert_eq!(u32::from(borsh[0]), code);
        assert_eq!(borsh::from_slice::<TransactionError>(&borsh).unwrap(), error);
    }
}

#[test]
fn instruction_errors_are_pinned() {
    for (code, (json, text)) in (0u32..).zip(INSTRUCTION_ERRORS) {
        let error: InstructionError = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&error).unwrap(), json);
        assert_eq!((error.code(), error.to_string().as_str()), (code, text));

        let bincode = error.to_bincode();
        assert_eq!(bincode[..4], code.to_le_bytes());
        assert_eq!(InstructionError::from_bincode(&bincode), Ok(error));
        let borsh = borsh::to_vec(&error).unwrap();
        assert_eq!(u32::from(borsh[0]), code);
        assert_eq!(borsh::from_slice::<InstructionError>(&borsh).unwrap(), error);

        let whole = TransactionError::InstructionError(3, error);
        assert_eq!(
            serde_json::to_string(&whole).unwrap(),
            format!("{{\"InstructionError\":[3,{json}]}}")
        );
        assert_eq!(
            whole.to_string(),
            format!("Error processing Instruction 3: {text}")
        );
        assert_eq!(TransactionError::from_bincode(&whole.to_bincode()), Ok(whole));
    }
}

#[test]
fn fields_are_pinned() {
    let custom = TransactionError::InstructionError(2, InstructionError::Custom(6001));
    assert_eq!(
        serde_json::to_string(&custom).unwrap(),
        r#"{"InstructionError":[2,{"Custom":6001}]}"#
    );
    assert_eq!(
        custom.to_string(),
        "Error processing Instruction 2: custom program error: 0x1771"
    );
    let zero = TransactionError::InstructionError(0, InstructionError::Custom(0));
    assert_eq!(zero.to_bincode(), [8, 0, 0, 0, 0, 0x19, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(borsh::to_vec(&zero).unwrap(), [8, 0, 0x19, 0, 0, 0, 0]);
    let rent = TransactionError::InsufficientFundsForRent { account_index: 0 };
    assert_eq!(rent.to_bincode(), [0x1f, 0, 0, 0, 0]);
    let restricted = TransactionError::ProgramExecutionTemporarilyRestricted { account_index: 9 };
    assert_eq!(restricted.to_bincode(), [35, 0, 0, 0, 9]);
    assert_eq!(
        TransactionError::DuplicateInstruction(7).to_bincode(),
        [30, 0, 0, 0, 7]
    );
}

#[test]
fn bincode_refuses_what_it_would_not_write() {
    let cases: [(&[u8], DecodeError); 10] = [
        (&[], DecodeError::Truncated),
        (&[0, 0, 0], DecodeError::Truncated),
        (&[8, 0, 0, 0], DecodeError::Truncated),
        (&[8, 0, 0, 0, 0, 25, 0, 0, 0, 0], DecodeError::Truncated),
        (&[30, 0, 0, 0], DecodeError::Truncated),
        (&[0, 0, 0, 0, 0], DecodeError::TrailingBytes),
        (&[31, 0, 0, 0, 0, 0], DecodeError::TrailingBytes),
        (&[40, 0, 0, 0], DecodeError::UnknownTag(40)),
        (&[0, 1, 0, 0], DecodeError::UnknownTag(256)),
        (&[8, 0, 0, 0, 0, 55, 0, 0, 0], DecodeError::UnknownTag(55)),
    ];
    for (bytes, error) in cases {
        assert_eq!(TransactionError::from_bincode(bytes), Err(error), "{bytes:02x?}");
    }
}

#[test]
fn decode_errors_have_two_answers() {
    let version = DecodeError::UnsupportedVersion(1).to_transaction_error();
    assert_eq!(version, TransactionError::UnsupportedVersion);
    assert_eq!(
        DecodeError::Truncated.to_transaction_error(),
        TransactionError::SanitizeFailure
    );
    assert_eq!(
        DecodeError::PayerAsProgram.to_transaction_error(),
        TransactionError::SanitizeFailure
    );
}
