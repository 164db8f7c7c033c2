"""Reads every answer of a node with the strict types of solders, the Python binding of Solana's own crates.

    python read_answers.py PATH_TO_ISOBATH

starts a throw-away node, puts transactions into its blocks, calls every method that solders has a type for and
subscribes to everything. solders refuses a missing or surplus member and a wrong type, so a run that ends with
`all answers read` shows that typed clients can read this node. Nothing is sent anywhere but to that node.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request

import solders.rpc.responses as responses
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction
from websockets.sync.client import connect

SYSTEM_PROGRAM = "11111111111111111111111111111111"
# Owns the built-in programs. Accounts of the System program are not listed, as on nodes of Solana.
NATIVE_LOADER = "NativeLoader1111111111111111111111111111111"
CONFIRMED = {"commitment": "confirmed"}


class Node:
    """A node in a folder that goes with it."""

    def __init__(self, binary):
        self.folder = tempfile.TemporaryDirectory()
        command = [binary, "dev", "--quiet", "--rpc-port", "0", "--slot-ms", "50", "--ledger", self.folder.name]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        words = dict(word.split("=", 1) for word in self.process.stdout.readline().split()[1:])
        self.rpc, self.ws = words["rpc"], words["ws"]
        with open(f"{self.folder.name}/keys/dev-0.json", encoding="ascii") as file:
            self.payer = Keypair.from_json(file.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.folder.cleanup()

    def text(self, method, params):
        """The answer to a call, as text."""
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(self.rpc, call.encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    def result(self, method, params):
        """The result of a call that works."""
        return json.loads(self.text(method, params))["result"]

    def transfer(self, to, lamports):
        """A signed transfer, as solders serializes it in JSON-RPC, and its signature."""
        blockhash = Hash.from_string(self.result("getLatestBlockhash", [])["value"]["blockhash"])
        instruction = transfer(TransferParams(from_pubkey=self.payer.pubkey(), to_pubkey=to, lamports=lamports))
        message = Message.new_with_blockhash([instruction], self.payer.pubkey(), blockhash)
        transaction = Transaction([self.payer], message, blockhash)
        return encode(bytes(transaction)), str(transaction.signatures[0]), encode(bytes(message))


def encode(data):
    """Bytes in base64."""
    import base64

    return base64.b64encode(data).decode("ascii")


def calls(node, slot, signature, wire, message):
    """Every method with parameters that work, and the type of its answer."""
    key = str(node.payer.pubkey())
    parsed, base64, v0 = {"encoding": "jsonParsed"}, {"encoding": "base64"}, {"maxSupportedTransactionVersion": 0}
    yield "GetAccountInfoResp", "getAccountInfo", [key, base64]
    yield "GetAccountInfoMaybeJsonParsedResp", "getAccountInfo", [key, parsed]
    yield "GetAccountInfoJsonParsedResp", "getAccountInfo", ["SysvarC1ock11111111111111111111111111111111", parsed]
    yield "GetBalanceResp", "getBalance", [key]
    yield "GetBlockCommitmentResp", "getBlockCommitment", [slot]
    yield "GetBlockHeightResp", "getBlockHeight", []
    yield "GetBlockProductionResp", "getBlockProduction", []
    for details in ("full", "accounts", "signatures", "none"):
        yield "GetBlockResp", "getBlock", [slot, {**v0, "transactionDetails": details}]
    for encoding in ("json", "jsonParsed", "base64", "base58"):
        yield "GetBlockResp", "getBlock", [slot, {**v0, "encoding": encoding}]
        yield "GetTransactionResp", "getTransaction", [signature, {**v0, "encoding": encoding}]
    yield "GetBlockTimeResp", "getBlockTime", [slot]
    yield "GetBlocksResp", "getBlocks", [1, slot]
    yield "GetBlocksWithLimitResp", "getBlocksWithLimit", [1, 2]
    yield "GetClusterNodesResp", "getClusterNodes", []
    yield "GetEpochInfoResp", "getEpochInfo", []
    yield "GetEpochScheduleResp", "getEpochSchedule", []
    yield "GetFeeForMessageResp", "getFeeForMessage", [message]
    yield "GetFirstAvailableBlockResp", "getFirstAvailableBlock", []
    yield "GetGenesisHashResp", "getGenesisHash", []
    yield "GetHealthResp", "getHealth", []
    yield "GetIdentityResp", "getIdentity", []
    yield "GetInflationGovernorResp", "getInflationGovernor", []
    yield "GetInflationRateResp", "getInflationRate", []
    yield "GetLargestAccountsResp", "getLargestAccounts", []
    yield "GetLatestBlockhashResp", "getLatestBlockhash", []
    yield "GetLeaderScheduleResp", "getLeaderSchedule", []
    yield "GetMaxRetransmitSlotResp", "getMaxRetransmitSlot", []
    yield "GetMaxShredInsertSlotResp", "getMaxShredInsertSlot", []
    yield "GetMinimumBalanceForRentExemptionResp", "getMinimumBalanceForRentExemption", [50]
    yield "GetMultipleAccountsResp", "getMultipleAccounts", [[key, SYSTEM_PROGRAM], base64]
    yield "GetMultipleAccountsMaybeJsonParsedResp", "getMultipleAccounts", [[key, SYSTEM_PROGRAM], parsed]
    yield "GetProgramAccountsResp", "getProgramAccounts", [NATIVE_LOADER, base64]
    yield "GetProgramAccountsMaybeJsonParsedResp", "getProgramAccounts", [NATIVE_LOADER, parsed]
    context = {**base64, "withContext": True}
    yield "GetProgramAccountsWithContextResp", "getProgramAccounts", [NATIVE_LOADER, context]
    yield "GetRecentPerformanceSamplesResp", "getRecentPerformanceSamples", [4]
    yield "GetRecentPrioritizationFeesResp", "getRecentPrioritizationFees", [[key]]
    yield "GetSignatureStatusesResp", "getSignatureStatuses", [[signature], {"searchTransactionHistory": True}]
    yield "GetSignaturesForAddressResp", "getSignaturesForAddress", [key]
    yield "GetSlotLeaderResp", "getSlotLeader", []
    yield "GetSlotLeadersResp", "getSlotLeaders", [slot, 4]
    yield "GetSlotResp", "getSlot", []
    yield "GetStakeMinimumDelegationResp", "getStakeMinimumDelegation", []
    yield "GetSupplyResp", "getSupply", []
    yield "GetTransactionCountResp", "getTransactionCount", []
    yield "GetVersionResp", "getVersion", []
    yield "GetVoteAccountsResp", "getVoteAccounts", []
    yield "IsBlockhashValidResp", "isBlockhashValid", [SYSTEM_PROGRAM]
    yield "MinimumLedgerSlotResp", "minimumLedgerSlot", []
    yield "RequestAirdropResp", "requestAirdrop", [key, 1_000_000_000]
    yield "SimulateTransactionResp", "simulateTransaction", [wire, base64]
    accounts = {"accounts": {"encoding": "base64", "addresses": [key]}, "innerInstructions": True}
    yield "SimulateTransactionResp", "simulateTransaction", [wire, {**base64, **accounts}]
    yield "SendTransactionResp", "sendTransaction", [wire, base64]


def refused(node, wire):
    """Calls that are refused, in every form that has a type of its own."""
    base64 = {"encoding": "base64"}
    yield "SendTransactionResp", "sendTransaction", ["?", base64]
    unsigned = wire[:8] + ("A" if wire[8] != "A" else "B") + wire[9:]
    yield "SendTransactionResp", "sendTransaction", [unsigned, base64]
    yield "GetBlockResp", "getBlock", [10**9]
    yield "GetBalanceResp", "getBalance", [str(node.payer.pubkey()), {"minContextSlot": 10**9}]


def read(type_name, text):
    """The answer as a value of its type; fails if it is none."""
    return getattr(responses, type_name).from_json(text)


def read_calls(node, slot, signature, wire, message):
    """Reads the answers of all methods. Returns how many."""
    count = 0
    for type_name, method, params in calls(node, slot, signature, wire, message):
        text = node.text(method, params)
        value = read(type_name, text)
        assert type(value).__name__ == type_name, f"{method} {params}: {text}"
        count += 1
    for type_name, method, params in refused(node, wire):
        text = node.text(method, params)
        value = read(type_name, text)
        assert type(value).__name__ != type_name, f"{method} {params} was accepted: {text}"
        count += 1
    return count


def read_notifications(node):
    """Subscribes to everything, causes notifications and reads them. Returns how many."""
    to = Pubkey.from_string(SYSTEM_PROGRAM[:-1] + "3")
    wire, signature, _ = node.transfer(to, 2_000_000)
    payer = str(node.payer.pubkey())
    subscriptions = [
        ("accountSubscribe", [payer, {**CONFIRMED, "encoding": "base64"}]),
        ("programSubscribe", [SYSTEM_PROGRAM, {**CONFIRMED, "encoding": "base64"}]),
        ("logsSubscribe", ["all", CONFIRMED]),
        ("signatureSubscribe", [signature, CONFIRMED]),
        ("slotSubscribe", []),
        ("rootSubscribe", []),
    ]
    wanted = {"Account", "Program", "Logs", "Signature", "Slot", "Root"}
    with connect(node.ws) as socket:
        for number, (method, params) in enumerate(subscriptions, 1):
            socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        node.result("sendTransaction", [wire, {"encoding": "base64"}])
        while wanted:
            for message in responses.parse_websocket_message(socket.recv(timeout=20)):
                wanted.discard(type(message).__name__.removesuffix("Notification"))
    return len(subscriptions) * 2


def main():
    """Runs the whole."""
    with Node(sys.argv[1]) as node:
        to = Pubkey.from_string(SYSTEM_PROGRAM[:-1] + "3")
        wire, signature, _ = node.transfer(to, 1_000_000)
        node.result("sendTransaction", [wire, {"encoding": "base64"}])
        status = None
        while status is None:
            status = node.result("getSignatureStatuses", [[signature]])["value"][0]
        wire, _, message = node.transfer(to, 3_000_000)
        count = read_calls(node, status["slot"], signature, wire, message)
        print(f"all answers read: {count} of calls, {read_notifications(node)} of subscriptions")


main()
