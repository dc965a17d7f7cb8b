/// The write transaction that the body of `Environment.write` receives. It commits when the body returns.
package struct WriteTransaction: ~Copyable {
    private let state: TransactionState
    package let id: UInt64

    init(state: TransactionState, id: UInt64) {
        self.state = state
        self.id = id
    }

    /// Reads see what this transaction has written so far.
    package var reader: Reader { Reader(state: state) }

    /// The operations that change the database. The value may be stored, and throws an error once the transaction has
    /// ended.
    package var writer: Writer { Writer(state: state) }
}
