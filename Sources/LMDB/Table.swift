/// A named table, valid for the whole life of its environment once the transaction that opened it has committed.
package struct Table: Sendable, Hashable {
    package let name: String
    let handle: UInt32
}
