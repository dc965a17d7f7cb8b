/// The reason why a file is not opened with liblmdb, which would trust it and might crash.
struct PreflightProblem: Error, Hashable {
    var code: LMDBError.Code
    var message: String
    var remedy = "restore a backup, or check the path"

    init(_ code: LMDBError.Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        if let remedy { self.remedy = remedy }
    }
}
