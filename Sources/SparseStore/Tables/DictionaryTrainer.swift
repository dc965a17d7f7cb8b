internal import LMDB
internal import SparseFormat

/// Trains a store's payload dictionary from its own documents, once there are enough of them.
struct DictionaryTrainer {
    let tables: Tables
    let writer: Writer

    /// Tried when the document numbers pass a power of two from here on, so a store without payloads asks rarely.
    static let firstAttempt: UInt64 = 1_024
    static let maximumSamples = 2_000
    /// Zstd advises samples of ten to a hundred times the dictionary's size. The commit that trains waits for it: some 0.1 s
    /// for so many.
    static let maximumSampleBytes = 1 << 20
    static let minimumSampleBytes = 1 << 17
    /// Longer payloads compress well by themselves.
    static let longestSample = 8_192
    static let capacity = 16 << 10

    /// Adds a dictionary for the commits to come when this one passes a threshold and none is there yet.
    func trainIfDue(from base: ManifestRecord, _ manifest: inout ManifestRecord) throws {
        guard manifest.currentDictionary == 0, manifest.nextDictionary < UInt32.max,
            manifest.nextDocument >= Self.firstAttempt,
            manifest.nextDocument.leadingZeroBitCount < base.nextDocument.leadingZeroBitCount
        else { return }
        let samples = try samples(manifest)
        guard samples.reduce(0, { $0 + $1.count }) >= Self.minimumSampleBytes,
            let bytes = ZstdDictionary.train(samples: samples, capacity: Self.capacity)
        else { return }
        try DictionaryTable.put(bytes, id: manifest.nextDictionary, tables, writer)
        manifest.currentDictionary = manifest.nextDictionary
        manifest.nextDictionary += 1
    }

    private func samples(_ manifest: ManifestRecord) throws -> [[UInt8]] {
        var samples: [[UInt8]] = []
        var bytes = 0
        let decoder = DocumentDecoder()
        let first = manifest.nextDocument - min(manifest.nextDocument, UInt64(2 * Self.maximumSamples))
        try DocumentTable(tables: tables, reader: writer.reader).forEach(from: first) { _, view in
            if let length = view.payloadLength, (1...Self.longestSample).contains(length),
                let payload = try view.payload(decoder)
            {
                samples.append(payload)
                bytes += payload.count
            }
            return samples.count < Self.maximumSamples && bytes < Self.maximumSampleBytes
        }
        return samples
    }
}
