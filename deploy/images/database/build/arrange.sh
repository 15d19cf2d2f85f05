#!/bin/sh
# Links and permissions that the contract with the operator names.
set -eu

python=/usr/local/lib/python3.13/dist-packages
mv "$python"/bin/* /usr/local/bin/
rm -rf "$python/bin"
python3 -m compileall -q --invalidation-mode unchecked-hash "$python/appliance"

chmod 755 /scripts/* /launch.sh
ln -sf chpst /usr/bin/envdir
rm -rf /etc/service
ln -s /run/service /etc/service
ln -sf /run/pam.d-postgresql /etc/pam.d/postgresql
# A key that every image shares is none.
rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem

ln -sf /run/postgres.yml /home/postgres/postgres.yml
ln -sf /run/etc /home/postgres/etc
for home in /home/postgres /root; do
    mkdir -p "$home/.config/patroni"
    ln -sf /run/postgres.yml "$home/.config/patroni/patronictl.yaml"
done
mkdir -p /home/postgres/pgdata /run/postgresql /run/service

# Writable for the postgres user, and for any user of the group root.
chown -R postgres:root /home/postgres /run
chmod -R g=u /home/postgres /run /etc/passwd
chmod 2775 /run/postgresql
