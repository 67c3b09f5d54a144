#!/bin/sh
# Makes the data bases of this folder anew: make.sh FOLDER. Wants Debian's postgrey (1.37) and
# db5.3-util. What comes out differs from what is stored in page order and file ids, not in records.
set -eu
out=$(realpath "${1:?folder to write to}")
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

ask() { # PORT < lines "time client name sender recipient"
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die "no answer: $!";
		while (my $line = <STDIN>) {
			chomp $line;
			my ($t, $c, $n, $from, $to) = split / /, $line;
			$from = "" if $from eq "<>";
			s/LONG/"x" x 600/e for $from, $to; # cut to 512 by Postgrey
			print $s "request=smtpd_access_policy\nclient_address=$c\nclient_name=$n\n",
			    "sender=$from\nrecipient=$to\ninstance=$.\npolicy_test_time=$t\n\n";
			while (my $answer = <$s>) { last if $answer eq "\n"; }
		}' "$1"
}

real() { # NAME REQUESTS OPTION...: what Postgrey itself writes
	name=$1 requests=$2
	shift 2
	mkdir "$dir/$name"
	touch "$dir/none"
	postgrey --inet=127.0.0.1:10999 --dbdir="$dir/$name" --user="$(id -un)" --group="$(id -gn)" \
	    --whitelist-clients="$dir/none" --whitelist-recipients="$dir/none" \
	    --pidfile="$dir/$name.pid" --daemonize "$@"
	sleep 2
	ask 10999 < "$requests"
	chmod 644 "$dir/$name"/*.db
	[ "$name" != plain ] || cp "$dir/$name/postgrey.db" "$out/running.db"
	kill "$(cat "$dir/$name.pid")"
	sleep 2
	# The first one is sometimes not obeyed.
	[ ! -e "$dir/$name.pid" ] || kill "$(cat "$dir/$name.pid")"
	for f in postgrey postgrey_clients; do
		keep "$dir/$name/$f.db" "$name-$f"
	done
}

keep() { # FILE NAME
	[ "$1" = "$out/$2.db" ] || cp "$1" "$out/$2.db"
	db5.3_dump -p "$out/$2.db" > "$out/$2.print"
}

load() { # NAME HEADER... < lines, key and value in turn
	name=$1
	shift
	{
		printf 'VERSION=3\nformat=print\n'
		printf '%s\n' "$@"
		printf 'HEADER=END\n'
		sed 's/^/ /'
		printf 'DATA=END\n'
	} > "$dir/text"
	rm -f "$out/$name.db"
	[ "$name" = encrypted ] && secret='-P secret' || secret=
	db5.3_load $secret -f "$dir/text" "$out/$name.db"
}

many() { # FROM TO: pairs of every kind of length
	awk -v a="$1" -v b="$2" 'BEGIN { for (i = a; i < b; i++) {
		s = sprintf("%.*s", i % 40, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
		printf "203.0.%d.0/%s@example.net/user%03d@example.org\n", i % 256, s, i;
		printf "%d,%d\n", 1700000000 + i, 1700000000 + i * 7; } }'
}

long() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%c", 97 + i % 26 }'; }

real plain "$here/requests"
real privacy "$here/requests" --privacy
real host "$here/requests" --lookup-by-host --auto-whitelist-clients=2

# Three levels of pages; keys that need several overflow pages; the other byte order.
{ many 0 120; printf '%s/a@example.net/b@example.org\n1,2\n' "$(long 100)"; } |
    load tree type=btree db_pagesize=512
keep "$out/tree.db" tree
{ many 0 9; printf '198.51.100.0/%s@example.net/b@example.org\n1700000000,1700000400\n' "$(long 1000)"
  printf '198.51.101.0/a@example.net/%s@example.org\n%s\n' "$(long 511)" "$(long 2000)"; } |
    load overflow type=btree db_pagesize=512
keep "$out/overflow.db" overflow
{ many 0 30; printf '198.51.100.0/%s@example.net/b@example.org\n1700000000,1700000400\n' "$(long 1000)"; } |
    load swapped type=btree db_pagesize=512 db_lorder=4321
keep "$out/swapped.db" swapped
printf '' | load empty type=btree db_pagesize=512
keep "$out/empty.db" empty

# Three of four deleted: holes, and leaves with nothing in them.
many 0 120 | load deleted type=btree db_pagesize=512
perl -MBerkeleyDB -e '
	my $db = BerkeleyDB::Btree->new(-Filename => $ARGV[0]) or die $BerkeleyDB::Error;
	my ($k, $v, $n, @gone) = ("", "", 0);
	my $c = $db->db_cursor();
	while ($c->c_get($k, $v, DB_NEXT) == 0) { push @gone, $k if $n++ % 4 || $n > 60; }
	$c->c_close();
	$db->db_del($_) for @gone;' "$out/deleted.db"
keep "$out/deleted.db" deleted
db5.3_dump "$out/deleted.db" > "$out/deleted.hex"

# What has to be refused.
many 0 2 | load checksum type=btree db_pagesize=512 chksum=1
many 0 2 | load hash type=hash db_pagesize=512
many 0 2 | load twice type=btree db_pagesize=512 duplicates=1
many 0 2 | load named type=btree db_pagesize=512 database=one
many 0 2 | load encrypted type=btree db_pagesize=512
