/// A reader that returns the documents of a foreign file one by one.
public protocol DocumentReader: AnyObject {
    /// The format of the input.
    var format: InputFormat { get }
    /// The position after what has been read.
    var position: InputPosition { get }
    /// The fraction of the input that has been read, from 0 to 1; nil if it is unknown.
    var progress: Double? { get }
    /// The size of the input on disk, if it is a regular file.
    var inputSize: UInt64? { get }

    /// The number of bad weights left out of the documents read so far.
    var droppedWeights: Int { get }

    /// Returns the next document or reject; nil at the end. An error ends the reading.
    func next() throws(InterchangeError) -> DocumentRow?
}

extension DocumentReader {
    /// Zero, for a reader that rejects bad weights.
    public var droppedWeights: Int { 0 }
}
