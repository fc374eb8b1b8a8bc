# Events by kind and day of a combined access log: the rules of evals/site/README.md once more, in
# another language. Prints event, day and count, separated by tabs.
BEGIN {
    split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " ")
    for (i in names) month[names[i]] = sprintf("%02d", i)
    n = split("css js mjs map png jpg jpeg gif svg ico webp avif bmp tif tiff woff woff2 ttf otf eot " \
        "mp3 mp4 webm ogg wav avi mov pdf zip gz tgz bz2 xz tar jar rar 7z rpm deb exe dmg iso img bin " \
        "swf txt xml json csv", list, " ")
    for (i = 1; i <= n; i++) asset[list[i]] = 1
}
{
    split($0, quoted, "\"")
    split(quoted[2], request, " ")
    split(quoted[3], answer, " ")
    at = index(quoted[1], "[")
    day = substr(quoted[1], at + 8, 4) "-" month[substr(quoted[1], at + 4, 3)] "-" substr(quoted[1], at + 1, 2)
    target = request[2]
    sub(/#.*/, "", target)
    query = ""
    path = target
    at = index(target, "?")
    if (at) {
        path = substr(target, 1, at - 1)
        query = substr(target, at + 1)
    }
    lower = tolower(path)
    parts = split(lower, segment, "/")
    file = segment[parts]
    extension = ""
    if (match(file, /\.[^.]*$/)) extension = substr(file, RSTART + 1)
    feed = lower ~ /(^|\/)(feed|feeds|rss|atom)(\/|$)/ || lower ~ /\.(rss|atom|rdf|xml)$/ \
        || query ~ /(^|&)(flav=(rss20|rss|atom)(&|$)|feed=)/
    viewed = request[1] == "GET" && answer[1] >= 200 && answer[1] <= 399 && !(extension in asset) && !feed
    count[(viewed ? "$pageview" : "$request") "\t" day]++
}
END { for (key in count) print key "\t" count[key] }
