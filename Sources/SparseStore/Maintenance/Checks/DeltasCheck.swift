internal import LMDB
internal import SparseFormat

/// Checks that the unfolded statistics deltas are those of the manifest (I106).
enum DeltasCheck: VerificationCheck {
    static let name = "deltas"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        var next = manifest.firstStatisticsDelta
        let end = manifest.nextStatisticsDelta
        func missing(upTo sequence: UInt64) {
            guard next < sequence else { return }
            verification.broken(
                .deltas, .statistics, Keys.statisticsDelta(next), "deltas \(next) to \(sequence - 1) are missing")
        }
        try verification.forEach(.statistics, from: Keys.statisticsDelta(0)) { entry in
            guard case .delta(let sequence) = try? Keys.parseStatistics(entry.key) else { return true }
            if sequence < next || sequence >= end {
                verification.broken(
                    .deltas, .statistics, entry.key,
                    "delta \(sequence) exists, but the manifest has those from \(next) up to \(end)")
                return true
            }
            missing(upTo: sequence)
            next = sequence + 1
            return true
        }
        missing(upTo: end)
    }
}
