/// The one write transaction, as the body of `Environment.write` sees it. It commits when the body returns.
package struct WriteTransaction: ~Copyable {
    private let state: TransactionState
    package let id: UInt64

    init(state: TransactionState, id: UInt64) {
        self.state = state
        self.id = id
    }

    /// Reads see what this transaction has written so far.
    package var reader: Reader { Reader(state: state) }

    /// All that can be changed. It may be kept in a value of its own, and answers with an error once the transaction
    /// has ended.
    package var writer: Writer { Writer(state: state) }
}
