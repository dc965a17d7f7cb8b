/// The part of one array in a file that is in memory: 1 MiB, or what is asked for at once where that is larger.
struct ArrayWindow {
    private static let windowBytes = 1 << 20

    private let file: RandomAccessFile
    private let offset: UInt64
    private let elementBytes: Int
    private let count: UInt64
    private var bytes: [UInt8] = []
    private var loaded: Range<UInt64> = 0..<0

    /// A window over the `count` elements of `elementBytes` each that begin at `offset`.
    init(file: RandomAccessFile, offset: UInt64, elementBytes: Int, count: UInt64) {
        self.file = file
        self.offset = offset
        self.elementBytes = elementBytes
        self.count = count
    }

    /// Shows the elements of `range`, which must lie within the array, to `body`.
    mutating func read<Value>(
        _ range: Range<UInt64>, _ body: (UnsafeRawBufferPointer) -> Value
    ) throws(InterchangeError) -> Value {
        if range.lowerBound < loaded.lowerBound || range.upperBound > loaded.upperBound { try load(range) }
        let first = Int(range.lowerBound - loaded.lowerBound) * elementBytes
        let last = Int(range.upperBound - loaded.lowerBound) * elementBytes
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[first..<last])) }
    }

    private mutating func load(_ range: Range<UInt64>) throws(InterchangeError) {
        let wanted = max(UInt64(range.count), UInt64(Self.windowBytes / elementBytes))
        let upper = min(range.lowerBound + wanted, count)
        let size = Int(upper - range.lowerBound) * elementBytes
        loaded = 0..<0
        if bytes.count < size { bytes = [UInt8](repeating: 0, count: size) }
        let (file, place) = (file, offset + range.lowerBound * UInt64(elementBytes))
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Void, InterchangeError> in
            do throws(InterchangeError) {
                return .success(
                    try file.read(at: place, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        loaded = range.lowerBound..<upper
    }
}
