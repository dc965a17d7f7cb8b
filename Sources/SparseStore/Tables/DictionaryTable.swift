internal import LMDB
internal import SparseFormat

/// The trained zstd dictionaries by number. A dictionary never changes; a new one gets a new number.
struct DictionaryTable {
    let reader: StoreReader

    func dictionary(_ id: UInt32) throws -> ZstdDictionary {
        guard
            let record = try DictionaryRecord(
                from: .dictionaries, key: Keys.dictionary(id), reader)
        else {
            throw SparseStoreError.corrupted("dictionary \(id) is missing")
        }
        return ZstdDictionary(id: id, bytes: record.bytes)
    }
}

extension StoreWriter {
    func putDictionary(_ bytes: [UInt8], id: UInt32) throws {
        try DictionaryRecord(bytes: bytes).put(into: .dictionaries, key: Keys.dictionary(id), self)
    }
}

/// Trains a store's payload dictionary from its own documents when there are enough of them.
struct DictionaryTrainer {
    let writer: StoreWriter

    /// The first document count at which training is tried. It is tried again at each power of two, so a store without
    /// payloads tries rarely.
    private static let firstAttempt: UInt64 = 1_024
    static let maximumSamples = 2_000
    /// The maximum size of the samples. Zstd recommends ten to a hundred times the dictionary's size. The commit that
    /// trains takes about 0.1 s longer at this size.
    private static let maximumSampleBytes = 1 << 20
    private static let minimumSampleBytes = 1 << 17
    /// The maximum length of a sample. Longer payloads compress well without a dictionary.
    private static let longestSample = 8_192
    static let capacity = 16 << 10

    /// Adds a dictionary for later commits if this commit passes a threshold and there is none yet.
    func trainIfDue(from base: ManifestRecord, _ manifest: inout ManifestRecord) throws {
        guard manifest.currentDictionary == 0, manifest.nextDictionary < UInt32.max,
            manifest.nextDocument >= Self.firstAttempt,
            manifest.nextDocument.leadingZeroBitCount < base.nextDocument.leadingZeroBitCount
        else { return }
        let samples = try samples(manifest)
        guard samples.reduce(0, { $0 + $1.count }) >= Self.minimumSampleBytes,
            let bytes = ZstdDictionary.train(samples: samples, capacity: Self.capacity)
        else { return }
        try writer.putDictionary(bytes, id: manifest.nextDictionary)
        manifest.currentDictionary = manifest.nextDictionary
        manifest.nextDictionary += 1
    }

    private func samples(_ manifest: ManifestRecord) throws -> [[UInt8]] {
        var samples: [[UInt8]] = []
        var bytes = 0
        let decoder = DocumentDecoder()
        let first = manifest.nextDocument - min(manifest.nextDocument, UInt64(2 * Self.maximumSamples))
        try writer.reader.documents.forEach(from: first) { _, view in
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
