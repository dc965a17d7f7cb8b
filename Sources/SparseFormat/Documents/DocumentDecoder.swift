/// What it takes to read compressed payloads: a zstd context, and dictionaries as they are asked for.
package final class DocumentDecoder {
    private let zstd = ZstdDecompressor()
    private let load: (UInt32) -> ZstdDictionary?
    private var dictionaries: [UInt32: ZstdDictionary] = [:]

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
}
