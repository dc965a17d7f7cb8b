/// The place of a document in a snapshot's index: the position of its segment, and its ordinal there.
struct DocumentPlace: Hashable, Sendable {
    let member: Int
    let ordinal: Int
}
