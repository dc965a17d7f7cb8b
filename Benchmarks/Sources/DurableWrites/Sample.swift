import Measure
import SparseStore

/// Generates documents: terms follow Zipf's law over 30,000, weights resemble those of a learned model, and lengths are
/// about the requested one.
struct Sample {
    static let vocabulary = 30_000

    /// The documents, and the bytes of each for plain LMDB: its id, and 4 bytes for the term and 4 for the weight of
    /// each component.
    let documents: [Document]
    let pairs: [(key: [UInt8], value: [UInt8])]

    init(count: Int, components: Int, seed: UInt64) throws {
        var chance = Chance(seed: seed)
        var documents: [Document] = []
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        for number in 0..<count {
            var weights: [UInt32: Float] = [:]
            let length = components / 2 + Int(chance.next() % UInt64(components))
            while weights.count < length {
                // The inverse of the cumulative 1 / rank: rank = vocabulary to the power of a share.
                let rank = Self.power(Double(Self.vocabulary), chance.share())
                weights[UInt32(rank)] = Float(0.05 + 2 * chance.share() * chance.share())
            }
            let id = "document-\(number)"
            let vector = try SparseVector(weights.map { ($0.key, $0.value) })
            documents.append(Document(id: id, vector: vector))
            var value: [UInt8] = []
            value.reserveCapacity(vector.count * 8)
            for term in vector.terms { withUnsafeBytes(of: term.littleEndian) { value.append(contentsOf: $0) } }
            for weight in vector.weights {
                withUnsafeBytes(of: weight.bitPattern.littleEndian) { value.append(contentsOf: $0) }
            }
            pairs.append((Array(id.utf8), value))
        }
        self.documents = documents
        self.pairs = pairs
    }

    var bytes: Int { pairs.reduce(0) { $0 + $1.key.count + $1.value.count } }

    /// base to the power of `exponent` in 0...1, by repeated square roots: no C library needed.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, root, rest) = (1.0, base, exponent)
        for _ in 0..<32 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
