/// Documents one after another from somebody else's file.
public protocol DocumentReader: AnyObject {
    /// The format of the input.
    var format: InputFormat { get }
    /// The place after what has been read.
    var position: InputPosition { get }
    /// How much of the input has been read, from 0 to 1, where that is known.
    var progress: Double? { get }
    /// The size of the input as it lies on disk, where it is a regular file.
    var inputSize: UInt64? { get }

    /// How many bad weights were left out of the documents read so far.
    var droppedWeights: Int { get }

    /// The next document or reject; nil at the end. What it throws ends the reading.
    func next() throws(InterchangeError) -> DocumentRow?
}

extension DocumentReader {
    /// None, for a reader that rejects what holds a bad weight.
    public var droppedWeights: Int { 0 }
}
