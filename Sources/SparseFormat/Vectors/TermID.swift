/// One dimension of a sparse vector: an id of the store's vocabulary, or a number the caller assigned itself.
///
/// Every value of `UInt32` is a valid term.
public typealias TermID = UInt32
