internal import LMDB
internal import SparseFormat

/// Verifies one commit of a store (FORMAT.md, "Invariants").
///
/// Memory: about 40 bytes for each distinct term; 50 MiB for the postings of one window and 32 MiB for its terms at a
/// time; one document; the report.
struct Verifier {
    let level: VerificationLevel
    let commit: CommitReader

    /// - Parameter progress: Called every few values. It may throw to stop.
    func run(progress: (VerificationProgress) throws -> Void) throws -> VerificationReport {
        try withoutActuallyEscaping(progress) { progress in
            let verification = Verification(level, commit, progress: progress)
            var manifest: ManifestRecord?
            try verification.check("meta") { manifest = try MetaCheck.run(verification) }
            if level == .deep { try verification.check("values") { try ValuesCheck.run(verification) } }
            guard let manifest else {
                verification.skip("whether values match each other, because the manifest cannot be read")
                return verification.report
            }
            verification.begin(generation: manifest.generation)
            for check in VerificationChecks.checks(of: level) {
                try verification.check(check.name) { try check.run(verification, manifest) }
            }
            return verification.report
        }
    }
}
