/// Decodes compressed payloads with a zstd context and with dictionaries that are loaded on demand.
package final class DocumentDecoder {
    private let zstd = ZstdDecompressor()
    private let load: (UInt32) -> ZstdDictionary?
    private var dictionaries: [UInt32: ZstdDictionary] = [:]

    /// - Parameter load: Returns the dictionary with an id, or nil if there is none. Called once for each dictionary
    ///   found.
    package init(_ load: @escaping (UInt32) -> ZstdDictionary? = { _ in nil }) {
        self.load = load
    }

    /// Returns the dictionary; nil for id 0.
    func dictionary(_ id: UInt32) throws(FormatError) -> ZstdDictionary? {
        if id == 0 { return nil }
        if let known = dictionaries[id] { return known }
        guard let found = load(id) else { throw FormatError(.unknownDictionary, "dictionary \(id)") }
        dictionaries[id] = found
        return found
    }

    /// Decodes a payload of exactly `size` bytes.
    func payload(_ frame: UnsafeRawBufferPointer, size: Int, dictionary id: UInt32) throws(FormatError) -> [UInt8] {
        try zstd.decompress(frame, size: size, limit: Limits.maximumPayloadBytes, dictionary: try dictionary(id))
    }
}
