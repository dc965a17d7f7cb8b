/// What it takes to read the compressed parts of documents: a zstd context, dictionaries as they are asked for, and
/// memory that is used again.
package final class DocumentDecoder {
    private let zstd = ZstdDecompressor()
    private let load: (UInt32) -> ZstdDictionary?
    private var dictionaries: [UInt32: ZstdDictionary] = [:]
    private var scratch: [UInt8] = []

    /// - Parameter load: Gives the dictionary with an id, nil when there is none; asked once for each that is found.
    package init(_ load: @escaping (UInt32) -> ZstdDictionary? = { _ in nil }) {
        self.load = load
    }

    /// The dictionary, nil for id 0.
    func dictionary(_ id: UInt32) throws(FormatError) -> ZstdDictionary? {
        if id == 0 { return nil }
        if let known = dictionaries[id] { return known }
        guard let found = load(id) else { throw FormatError(.unknownDictionary, "dictionary \(id)") }
        dictionaries[id] = found
        return found
    }

    /// A payload of exactly `size` bytes.
    func payload(_ frame: UnsafeRawBufferPointer, size: Int, dictionary id: UInt32) throws(FormatError) -> [UInt8] {
        try zstd.decompress(frame, size: size, limit: Limits.maximumPayloadBytes, dictionary: try dictionary(id))
    }

    /// Calls the closure with the plain form of a compressed vector section.
    func withVector<Result>(
        _ frame: UnsafeRawBufferPointer, termCount: Int, dictionary id: UInt32,
        _ body: (VectorSection) throws(FormatError) -> Result
    ) throws(FormatError) -> Result {
        // The record does not say the plain length, but the number of terms bounds what the frame may say.
        let size = try ZstdDecompressor.contentSize(frame)
        let allowed = VectorSection.lengths(termCount: termCount)
        guard size <= UInt64(allowed.upperBound), allowed.contains(Int(size)) else {
            throw FormatError(.sectionLengths, "a vector of \(termCount) terms in \(size) bytes")
        }
        let dictionary = try dictionary(id)
        let length = Int(size)
        if scratch.count < length { scratch = Array(repeating: 0, count: max(length, 2 * scratch.count)) }
        // The closure may throw one type only, which the buffer's closure cannot say.
        let zstd = zstd
        let outcome = scratch.withUnsafeMutableBytes { scratch in
            Swift.Result { () throws(FormatError) -> Result in
                let target = UnsafeMutableRawBufferPointer(rebasing: scratch[..<length])
                try zstd.decompress(frame, into: target, dictionary: dictionary)
                return try body(try VectorSection(UnsafeRawBufferPointer(target), termCount: termCount))
            }
        }
        return try outcome.get()
    }
}
